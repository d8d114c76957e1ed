/**
 * What the stack tells Node: imported as `events.<name>`, given by `gateway/stack.ts`.
 *
 * Addresses are halves of 128 bits, IPv4 mapped. Pointers live only during the call.
 */

/**
 * The guest asks for a stream to this address and `port`, and waits for `answer` or `refuse`: 0 refuses it. An error
 * about it would quote what is at `quotation`.
 */
export declare function accepted(
  stream: u32,
  sourceHigh: u64,
  sourceLow: u64,
  sourcePort: u32,
  high: u64,
  low: u64,
  port: u32,
  quotation: usize,
  quotationLength: u32,
): i32;
export declare function connected(stream: u32): void;
/** Bytes have come: how many are done with. */
export declare function readable(stream: u32, pointer: usize, length: u32): u32;
export declare function writable(stream: u32): void;
export declare function finished(stream: u32): void;
/** The last of a stream; `reason` is a `CloseReason`. Its number names a new one from now on. */
export declare function closed(stream: u32, reason: i32): void;

/** A datagram of the guest to anywhere; where no error about it may be sent, `quotationLength` is 0. */
export declare function datagram(
  sourceHigh: u64,
  sourceLow: u64,
  sourcePort: u32,
  high: u64,
  low: u64,
  port: u32,
  pointer: usize,
  length: u32,
  quotation: usize,
  quotationLength: u32,
): void;
