/**
 * A segment as it came, checked and in host order. There is one: the segment being processed.
 */
import { Flow, isChecked, PROTOCOL_TCP, pseudoHeaderSum } from "../layer";
import { checksum } from "../wire/checksum";
import { load128be } from "../../memory/bytes";
import { FIN, HEADER_SIZE, headerLength, SYN } from "../wire/tcp";

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
  const front = load128be(pointer);
  const ports = <u64>i64x2.extract_lane(front, 1);
  const state = <u64>i64x2.extract_lane(front, 0);
  flow.remotePort = <u16>(ports >> 48);
  flow.localPort = <u16>(ports >> 32);
  segment.sequence = <u32>ports;
  segment.acknowledgment = <u32>(state >> 32);
  segment.window = (<u32>state) & 0xffff;
  segment.flags = ((<u32>state) >> 16) & 0xff;
  segment.data = pointer + header;
  segment.length = length - header;
  segment.options = pointer + HEADER_SIZE;
  segment.optionsLength = header - HEADER_SIZE;
  return true;
}
