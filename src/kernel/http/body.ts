/**
 * A message's body as it comes: content is found in place, in what the provider offers, and never copied here.
 *
 * Every byte of framing is taken as it arrives, so when no content is at hand the input is used up. Content stays
 * until somebody takes it.
 *
 * Tests: conformance.test.ts
 */
import { BodyState, nextBodyState } from "./body-state";
import { BODY_OVERHEAD_LIMIT } from "./limits";
import { hexDigit } from "./numbers";
import { Wire } from "./wire";

/** Chunk sizes with a bit here would overflow with one more digit. */
const SIZE_OVERFLOW: u64 = 0xff00_0000_0000_0000;

/** After a complete head: a body of `size` bytes follows, -1: one in chunks (RFC 9112 section 6.3). */
export function startBody(wire: Wire, size: i64): void {
  wire.bodyOverhead = 0;
  wire.bodyLeft = size < 0 ? 0 : <u64>size;
  wire.bodyState = size < 0 ? BodyState.SizeStart : size == 0 ? BodyState.End : BodyState.Fixed;
}

/**
 * How many bytes of content stand at `wire.input`. 0 says that `bodyState` is `End` or `Broken`, or that the
 * input is used up.
 */
export function contentAtHand(wire: Wire): u32 {
  let state = wire.bodyState;
  while (wire.input < wire.inputEnd) {
    if (state == BodyState.Content || state == BodyState.Fixed) {
      return <u32>min<u64>(wire.bodyLeft, <u64>wire.available());
    }
    if (state <= BodyState.Broken) return 0;
    state = frame(wire, state, load<u8>(wire.input));
    wire.bodyState = state;
    if (state != BodyState.Broken) wire.input++;
  }
  return 0;
}

/** Takes `count` bytes that `contentAtHand` found. */
export function takeContent(wire: Wire, count: u32): void {
  wire.input += count;
  wire.bodyLeft -= count;
  if (wire.bodyLeft != 0) return;
  wire.bodyState = wire.bodyState == BodyState.Fixed ? BodyState.End : BodyState.ContentCr;
}

/** One byte of framing. */
function frame(wire: Wire, state: BodyState, character: u8): BodyState {
  const next = nextBodyState(state, character);
  if (next == BodyState.Size) {
    if ((wire.bodyLeft & SIZE_OVERFLOW) != 0) return BodyState.Broken;
    wire.bodyLeft = (wire.bodyLeft << 4) | (<u64>hexDigit(character));
  }
  if (state != BodyState.ContentCr && state != BodyState.ContentLf) {
    // Sizes count too: a size with a thousand zeros is not content either. An ordinary line is given for nothing.
    if (state != BodyState.SizeStart && ++wire.bodyOverhead > BODY_OVERHEAD_LIMIT) return BodyState.Broken;
    if (next == BodyState.Content) return endChunkLine(wire);
  }
  return next;
}

const ORDINARY_LINE: u32 = 12;

function endChunkLine(wire: Wire): BodyState {
  wire.bodyOverhead -= min(wire.bodyOverhead, ORDINARY_LINE);
  return wire.bodyLeft == 0 ? BodyState.TrailerStart : BodyState.Content;
}
