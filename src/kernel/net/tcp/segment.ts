/**
 * A segment as it came, checked and in host order. There is one: the segment being processed.
 */
import { Flow, isChecked, PROTOCOL_TCP, pseudoHeaderSum } from "../layer";
import { checksum } from "../wire/checksum";
import {
  acknowledgmentNumber,
  destinationPort,
  FIN,
  flagsOf,
  HEADER_SIZE,
  headerLength,
  sequenceNumber,
  sourcePort,
  SYN,
  windowField,
} from "../wire/tcp";

@final
@unmanaged
export class Segment {
  sequence: u32;
  acknowledgment: u32;
  /** As the header has it, not scaled. */
  window: u32;
  flags: u32;
  data: usize;
  /** Bytes of payload. */
  length: u32;
  options: usize;
  optionsLength: u32;

  has(flag: u8): bool {
    return (this.flags & (<u32>flag)) != 0;
  }

  /** Sequence numbers it takes: SEG.LEN. */
  get extent(): u32 {
    return this.length + (this.flags & FIN) + ((this.flags & SYN) >> 1);
  }
}

/**
 * Reads `length` bytes at `pointer` into `segment` and the ports into `flow`. False: not a segment, or damaged.
 */
export function parseSegment(segment: Segment, flow: Flow, pointer: usize, length: u32): bool {
  if (length < HEADER_SIZE) return false;
  const header = headerLength(pointer);
  if (header < HEADER_SIZE || header > length) return false;
  if (!isChecked() && checksum(pseudoHeaderSum(flow, PROTOCOL_TCP, length), pointer, length) != 0)
    return false;
  flow.remotePort = sourcePort(pointer);
  flow.localPort = destinationPort(pointer);
  segment.sequence = sequenceNumber(pointer);
  segment.acknowledgment = acknowledgmentNumber(pointer);
  segment.window = windowField(pointer);
  segment.flags = flagsOf(pointer);
  segment.data = pointer + header;
  segment.length = length - header;
  segment.options = pointer + HEADER_SIZE;
  segment.optionsLength = header - HEADER_SIZE;
  return true;
}
