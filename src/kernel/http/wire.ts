/**
 * One stream as a message of HTTP/1.1 passes over it: what comes in and how far its body is decoded, and what waits
 * to leave. The server's connections and the client's are both of these, and more.
 *
 * `input` is what the provider offers during `received` and is empty at all other times.
 */
import { ByteQueue } from "../memory/byte-queue";
import { StreamProvider } from "../stream/stream";
import { BodyState } from "./body-state";

@unmanaged
export class Wire {
  /** The provider's name for the stream. */
  handle: usize;
  provider: StreamProvider;
  /** What the provider offers at this moment. */
  input: usize;
  inputEnd: usize;

  /** The body that comes in: a `BodyState`. */
  bodyState: BodyState;
  /** Chunk line bytes and trailer bytes so far. */
  bodyOverhead: u32;
  /** Bytes left of the body, or of the current chunk. */
  bodyLeft: u64;

  /** What waits for room, as `ByteQueue` lays it out. */
  unsentHead: usize;
  unsentTail: usize;
  unsentHeadOffset: u32;
  unsentTailEnd: u32;
  unsentLength: u32;
  unsentCursor: usize;
  unsentCursorOffset: u32;

  get unsent(): ByteQueue {
    return changetype<ByteQueue>(changetype<usize>(this) + offsetof<Wire>("unsentHead"));
  }

  available(): u32 {
    return <u32>(this.inputEnd - this.input);
  }
}

if (
  offsetof<Wire>("unsentCursorOffset") - offsetof<Wire>("unsentHead") !=
  offsetof<ByteQueue>("cursorOffset")
) {
  ERROR("Wire has room for a ByteQueue");
}
