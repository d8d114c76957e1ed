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
  /** The provider holds bytes that we left. */
  held: bool;
  /** The peer will send no more. */
  peerFinished: bool;

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

  /** A stream with nothing said on it yet. */
  begin(): void {
    this.input = 0;
    this.inputEnd = 0;
    this.held = false;
    this.peerFinished = false;
  }

  /** The provider offers these bytes, until `takeBack`. */
  offer(pointer: usize, length: u32): void {
    this.input = pointer;
    this.inputEnd = pointer + length;
  }

  /** Ends the offer: how many of its bytes are left to the provider. */
  takeBack(): u32 {
    const left = this.available();
    this.input = 0;
    this.inputEnd = 0;
    this.held = left != 0;
    return left;
  }
}

if (
  offsetof<Wire>("unsentCursorOffset") - offsetof<Wire>("unsentHead") !=
  offsetof<ByteQueue>("cursorOffset")
) {
  ERROR("Wire has room for a ByteQueue");
}
