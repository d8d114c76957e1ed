/**
 * One connection and the request it is busy with: plain memory from a pool, no object.
 *
 * A connection serves one request at a time; bytes of the next ones stay with the provider, whose window then
 * closes.
 *
 *   | Connection | fields: FIELD_LIMIT x u64 | timer: Timer | kept head: KEPT_HEAD_LIMIT bytes |
 *
 *   a field   | value length 16 | value offset 16 | name length 16 | name offset 16 |   offsets from `head`
 *
 * Never:  allocates; `connections.ts` hands it out, `head-buffer.ts` keeps its head.
 */
import { Timer, TIMER_SIZE } from "../time/wheel";
import { BodyState } from "./body-state";
import { FIELD_LIMIT, KEPT_HEAD_LIMIT } from "./limits";
import { Wire } from "./wire";

export const enum Phase {
  /** Waits for a request's head. */
  Head = 1,
  /** The app has the request and owes a response. */
  Exchange = 2,
  /** The response is complete but has not left. */
  Flush = 3,
  /** The response has left; the rest of the request's body is thrown away. */
  Drain = 4,
  /** Nothing more is said; waits for the peer to finish. */
  Linger = 5,
  /** Aborted; waits for the provider to say so. */
  Dead = 6,
  /** It speaks another protocol: `upgrade.ts`. */
  Upgraded = 7,
  /** The kernel answers by itself, and not all of that has left: `responder.ts`. */
  Content = 8,
  /** As `Linger`, longer: the peer has not acknowledged all that was said. */
  Outstanding = 9,
}

/** What a head has said so far. */
export const enum Fact {
  RequestLine = 1,
  /** HTTP/1.0. */
  Old = 2,
  Host = 4,
  Length = 8,
  Coding = 16,
  Chunked = 32,
  OtherCoding = 64,
  Close = 128,
  KeepAlive = 256,
  ExpectContinue = 512,
  /** The target is a whole URL. */
  Absolute = 1024,
}

/** How a response's body is delimited. */
export const enum Delimiter {
  /** The response has not begun. */
  None = 0,
  /** HEAD, 204, 304: what the app writes is dropped. */
  Bodiless = 1,
  Length = 2,
  Chunks = 3,
  /** HTTP/1.0 without a length: the end of the stream. */
  Close = 4,
}

@final
@unmanaged
export class Connection extends Wire {
  /** Where the head's bytes stand: in the input, or in `buffer`. */
  head: usize;
  /** Our own copy of the head, 0 without one. */
  buffer: usize;
  /** Bytes in `buffer` of a head that is not complete. */
  gathered: u32;
  /** Where in the head the next line to be parsed starts; at the end, the head's length. */
  line: u32;
  fieldCount: u32;
  /** `Fact` bits. */
  facts: u32;
  methodOffset: u16;
  methodLength: u16;
  targetOffset: u16;
  targetLength: u16;
  /** The id the app knows; 0 while it has none. */
  request: i32;
  generation: u32;
  /** In phase `Upgraded`, the protocol's own word. */
  upgraded: usize;
  /** Its place in the pool. */
  place: u32;

  phase: Phase;
  method: i32;
  /** Calls of this connection on the native stack; it is not released under them. */
  depth: u32;
  /** Whose the request is. */
  compartment: u32;
  /** The app's request was lost and the app has to be told: its id. */
  lost: i32;
  /** The stream ends after this response. */
  closes: bool;
  /** The app was told `Again` and waits for `HttpReadable`. */
  wantsRead: bool;
  /** `write` took less than it was given; the app waits for `HttpWritable`. */
  wantsWrite: bool;
  /** 100 (Continue) is owed when the app first reads. */
  owesContinue: bool;
  released: bool;

  /** Of the request's body, as the head declared it; -1: chunked. */
  bodySize: i64;
  /** What was read in the kept head, besides the fields and offsets above, which are still its; 0 bytes: none is kept. */
  keptBodySize: i64;
  keptLength: u32;
  keptFieldCount: u32;
  keptFacts: u32;
  drained: u64;

  /** Response body. */
  delimiter: Delimiter;
  responseLeft: i64;
  /** In phase `Content`, where the next bytes to be sent are: the responder's own word. */
  contentAt: u32;

  /** What is left of our patience, in ns; since when we wait for the peer, `NEVER` when we do not; and what it owed then. */
  patience: i64;
  awaitedSince: i64;
  owedBefore: u32;

  /** When patience ends, and for when the timer is armed, which may be earlier. */
  deadline: i64;
  armedFor: i64;

  get timer(): Timer {
    return changetype<Timer>(changetype<usize>(this) + TIMER);
  }

  get keptHead(): usize {
    return changetype<usize>(this) + KEPT_HEAD;
  }

  has(fact: u32): bool {
    return (this.facts & fact) != 0;
  }

  field(index: u32): u64 {
    return load<u64>(changetype<usize>(this) + FIELDS + ((<usize>index) << 3));
  }

  /** The caller has seen that `fieldCount` is below `FIELD_LIMIT`. */
  addField(field: u64): void {
    store<u64>(changetype<usize>(this) + FIELDS + ((<usize>this.fieldCount) << 3), field);
    this.fieldCount++;
  }
}

function align8(size: usize): usize {
  return (size + 7) & ~7;
}

const FIELDS: usize = align8(offsetof<Connection>());
const TIMER: usize = FIELDS + ((<usize>FIELD_LIMIT) << 3);
const KEPT_HEAD: usize = TIMER + align8(TIMER_SIZE);
export const CONNECTION_SIZE: usize = KEPT_HEAD + align8(KEPT_HEAD_LIMIT);

/** Forgets the last request and waits for the next. */
export function awaitHead(connection: Connection): void {
  connection.phase = Phase.Head;
  connection.line = 0;
  connection.fieldCount = 0;
  connection.facts = 0;
  connection.gathered = 0;
  connection.bodyState = BodyState.End;
  connection.bodySize = 0;
  connection.delimiter = Delimiter.None;
  connection.wantsRead = false;
  connection.wantsWrite = false;
  connection.owesContinue = false;
}
