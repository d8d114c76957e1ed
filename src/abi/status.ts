/**
 * Results that service calls share: negative numbers, so that a count or an id can stand in the same word.
 * Valid TypeScript and valid AssemblyScript.
 */
export const enum Status {
  Ok = 0,
  /** Nothing now; an entry will tell when to ask again. */
  Again = -1,
  /** The id names nothing that lives: it is finished, was never given, or belongs to another. */
  Gone = -2,
  /** An argument is outside what the call allows. */
  Invalid = -3,
  /** A limit is reached: table full, buffer full. */
  Full = -4,
  /** No more will come: the peer has finished. */
  End = -5,
  /** There is no such thing: header, name, address. */
  Missing = -6,
  /** The service cannot answer safely, for instance random bytes without a seed. */
  Refused = -7,
  /** None of the machine's grants allows it. */
  Denied = -8,
}

/** Why a connection is no more. */
export const enum CloseReason {
  /** Both sides finished. */
  Finished = 0,
  /** The peer reset it. */
  Reset = 1,
  /** This side aborted it. */
  Aborted = 2,
  /** The peer did not answer within the retransmission limit. */
  TimedOut = 3,
  /** The peer refused the connection. */
  Refused = 4,
  /** The network reports that the peer cannot be reached. */
  Unreachable = 5,
}

/** Request methods of RFC 9110 section 9 and RFC 5789; other tokens are `Other`. */
export const enum Method {
  Other = 0,
  Get = 1,
  Head = 2,
  Post = 3,
  Put = 4,
  Delete = 5,
  Connect = 6,
  Options = 7,
  Trace = 8,
  Patch = 9,
}

/** Why a request of the app's has no response, or none to its end. */
export const enum Failure {
  /** This machine has no network, or no address yet. */
  NoNetwork = 1,
  NoSuchName = 2,
  /** No name server is known, or none answers. */
  NoNameServer = 3,
  /** Nobody listens there. */
  Refused = 4,
  Unreachable = 5,
  TimedOut = 6,
  /** The stream ended before the response. */
  Closed = 7,
  /** What came is no response of HTTP/1.1. */
  Malformed = 8,
  HeadTooLarge = 9,
  /** The stream ended within the response. */
  Cut = 10,
  /** This machine may not go there. */
  NotAllowed = 11,
  /** Tables or memory are full. */
  Full = 12,
}
