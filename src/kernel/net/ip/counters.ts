/**
 * What became of frames that went no further, counted by reason: the first thing to read when a network is silent.
 */
export const enum Counter {
  FramesReceived = 0,
  FramesSent = 1,
  /** Not an Ethernet frame that we take: too short, of another type, for another station. */
  NotForUs = 2,
  MalformedIp = 3,
  /** A source that no machine may have, or ours. */
  BadSource = 4,
  BadDestination = 5,
  /** Parts of datagrams, but those that completed one. */
  Fragment = 6,
  NoTransport = 7,
  MalformedArp = 8,
  MalformedIcmp = 9,
  IcmpLimited = 10,
  NoRoute = 11,
  NeighbourSilent = 12,
  /** Frames that found the device or a queue full. */
  Overflow = 13,
  Count = 14,
}

const counts: usize = memory.data(64); // Counter.Count words of 4 bytes

export function count(counter: Counter): void {
  const at = counts + ((<usize>counter) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** How often it happened since start, modulo 2^32. */
export function counted(counter: Counter): u32 {
  return load<u32>(counts + ((<usize>counter) << 2));
}
