/**
 * The request body as it comes: content is found in place, in what the provider offers, and never copied here.
 *
 * Every byte of framing is taken as it arrives, so when no content is at hand the input is used up. Content stays
 * until somebody takes it.
 *
 * Tests: conformance.test.ts
 */
import { BodyState, nextBodyState } from "./body-state";
import { Connection, Fact } from "./connection";
import { BODY_OVERHEAD_LIMIT } from "./limits";

/** Chunk sizes with a bit here would overflow with one more digit. */
const SIZE_OVERFLOW: u64 = 0xff00_0000_0000_0000;

/** After a complete head: what kind of body follows (RFC 9112 section 6.3). */
export function startBody(connection: Connection): void {
  connection.bodyOverhead = 0;
  connection.drained = 0;
  connection.bodyLeft = 0;
  if (connection.has(Fact.Chunked)) {
    connection.bodySize = -1;
    connection.bodyState = BodyState.SizeStart;
    return;
  }
  connection.bodyLeft = <u64>connection.bodySize;
  connection.bodyState = connection.bodySize == 0 ? BodyState.End : BodyState.Fixed;
}

/**
 * How many bytes of content stand at `connection.input`. 0 says that `bodyState` is `End` or `Broken`, or that the
 * input is used up.
 */
export function contentAtHand(connection: Connection): u32 {
  let state = connection.bodyState;
  while (connection.input < connection.inputEnd) {
    if (state == BodyState.Content || state == BodyState.Fixed) {
      return <u32>min<u64>(connection.bodyLeft, <u64>connection.available());
    }
    if (state <= BodyState.Broken) return 0;
    state = frame(connection, state, load<u8>(connection.input));
    connection.bodyState = state;
    if (state != BodyState.Broken) connection.input++;
  }
  return 0;
}

/** Takes `count` bytes that `contentAtHand` found. */
export function takeContent(connection: Connection, count: u32): void {
  connection.input += count;
  connection.bodyLeft -= count;
  if (connection.bodyLeft != 0) return;
  connection.bodyState = connection.bodyState == BodyState.Fixed ? BodyState.End : BodyState.ContentCr;
}

/** One byte of framing. */
function frame(connection: Connection, state: BodyState, character: u8): BodyState {
  const next = nextBodyState(state, character);
  if (next == BodyState.Size) {
    if ((connection.bodyLeft & SIZE_OVERFLOW) != 0) return BodyState.Broken;
    connection.bodyLeft = (connection.bodyLeft << 4) | (<u64>hexDigit(character));
  }
  if (state != BodyState.ContentCr && state != BodyState.ContentLf) {
    // Sizes count too: a size with a thousand zeros is not content either. An ordinary line is given for nothing.
    if (state != BodyState.SizeStart && ++connection.bodyOverhead > BODY_OVERHEAD_LIMIT)
      return BodyState.Broken;
    if (next == BodyState.Content) return endChunkLine(connection);
  }
  return next;
}

const ORDINARY_LINE: u32 = 12;

function endChunkLine(connection: Connection): BodyState {
  connection.bodyOverhead -= min(connection.bodyOverhead, ORDINARY_LINE);
  return connection.bodyLeft == 0 ? BodyState.TrailerStart : BodyState.Content;
}

function hexDigit(character: u8): u8 {
  return character <= 0x39 ? character - 0x30 : (character | 0x20) - 0x57;
}
