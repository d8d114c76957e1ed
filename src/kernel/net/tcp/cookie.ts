/**
 * SYN cookies (RFC 4987 3.6): when handshakes can no longer be remembered, the answer to a SYN carries all that must
 * be known of it, and the peer's acknowledgment brings it back.
 *
 *   our initial sequence number: | period 5 | segment size 3 | keyed hash 24 |
 *   our time stamp:              | clock 26                    | selective 1 | - 1 | scale 4 |
 *
 * The hash covers the flow, the peer's number and all that the cookie says, so that whoever cannot see our answers
 * guesses one acknowledgment in 2^28. Without time stamps there is no place for scale and selective acknowledgments:
 * such peers do without, and the hash knows. A cookie is good for one to two periods of 69 s.
 *
 * Owns:  the key, drawn at start, and when cookies were last given out: else no acknowledgment is looked at.
 * Tests: tcp.flood.test.ts
 */
import { randomU64 } from "../../entropy/random";
import { now } from "../../time/clock";
import { Flow } from "../layer";
import { emitCookie } from "./emission";
import {
  echo,
  forgetOffer,
  NO_SCALE,
  offeredScale,
  offeredSegmentSize,
  offeredSelective,
  parseOptions,
  recallOffer,
  stamp,
  stamped,
} from "./options";
import { Segment } from "./segment";
import { hashFlowWith } from "./siphash";
import { stampNow, stampOffset } from "./stamp";

const PERIOD_SHIFT: i64 = 36;
const PERIODS_MASK: u32 = 31;
const HASH_MASK: u32 = 0x00ff_ffff;
const STAMP_BITS: u32 = 63;
const SELECTIVE_BIT: u32 = 32;
const NO_SCALE_BITS: u32 = 15;

/** Segment sizes that a cookie can tell; below the first it is not worth one. */
const SIZES = memory.data<u16>([216, 536, 1220, 1300, 1360, 1400, 1440, 1460]);
const SIZE_COUNT: u32 = 8;

let key0: u64 = 0;
let key1: u64 = 0;
/** The last period in which a cookie was given out, plus one; 0: none ever was. */
let lastPeriod: u64 = 0;

export function startCookies(): void {
  key0 = randomU64();
  key1 = randomU64();
}

/** Answers a SYN without remembering it. */
export function answerWithCookie(flow: Flow, segment: Segment): void {
  forgetOffer();
  parseOptions(segment.options, segment.optionsLength);
  let index = SIZE_COUNT;
  while (index > 0 && sizeAt(index - 1) > offeredSegmentSize) index--;
  if (index == 0) return;
  lastPeriod = period() + 1;
  const sequence = cookieOf(flow, segment.sequence, <u32>period(), index - 1);
  const scale = stamped ? offeredScale : NO_SCALE;
  emitCookie(flow, segment, sequence, scale, stamped && offeredSelective, stamped, tellingStamp(flow), stamp);
}

/** Whether the segment acknowledges a cookie; if so, the options are as if its SYN had just been read. */
export function takeCookie(flow: Flow, segment: Segment): bool {
  if (lastPeriod == 0 || period() > lastPeriod) return false;
  forgetOffer();
  parseOptions(segment.options, segment.optionsLength);
  const cookie = segment.acknowledgment - 1;
  const index = (cookie >> 24) & (SIZE_COUNT - 1);
  const age = (<u32>period() - (cookie >> 27)) & PERIODS_MASK;
  if (age > 1) return false;
  if (cookieOf(flow, segment.sequence - 1, <u32>period() - age, index) != cookie) return false;
  const scale = echo & NO_SCALE_BITS;
  const scaled = stamped && scale != NO_SCALE_BITS;
  recallOffer(sizeAt(index), scaled ? <u8>scale : NO_SCALE, stamped && (echo & SELECTIVE_BIT) != 0);
  return true;
}

function period(): u64 {
  return <u64>(now() >> PERIOD_SHIFT);
}

function sizeAt(index: u32): u32 {
  return load<u16>(SIZES + <usize>index * sizeof<u16>());
}

function cookieOf(flow: Flow, initial: u32, when: u32, index: u32): u32 {
  const said = ((<u64>initial) << 32) | (<u64>(((when & PERIODS_MASK) << 4) | (index << 1) | (<u32>stamped)));
  const hash = (<u32>hashFlowWith(key0, key1, flow, said)) & HASH_MASK;
  return ((when & PERIODS_MASK) << 27) | (index << 24) | hash;
}

/** Our clock, with the options in its low bits, and never ahead of what the open connection will send. */
function tellingStamp(flow: Flow): u32 {
  const clock = stampNow(stampOffset(flow));
  const scale = offeredScale == NO_SCALE ? NO_SCALE_BITS : <u32>offeredScale;
  const value = (clock & ~STAMP_BITS) | (offeredSelective ? SELECTIVE_BIT : 0) | scale;
  return <i32>(value - clock) > 0 ? value - STAMP_BITS - 1 : value;
}
