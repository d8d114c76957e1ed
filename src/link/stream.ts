/**
 * A cable's end over a byte stream, such as a socket: the other end is a process of its own, a guest mostly.
 *
 * Both ways are bounded. What the other side sends and nobody takes stays in the socket, which stops the sender; what
 * it does not take is refused here, and the listener hears once there is room again.
 *
 * Owns:   frames that have come; those that go are the stream's.
 * Never:  ends the stream; whoever opened it does.
 * Tests:  stream.test.ts, device.test.ts
 */
import type { Duplex } from "node:stream";
import type { Device } from "./device.ts";
import { FrameQueue } from "./frame-queue.ts";
import { FRAME_BYTES_LIMIT, FrameReader, LENGTH_BYTES } from "./frame-reader.ts";

/** Frames that wait here before the stream is no longer read, and how few are left when it is again. */
const WAITING_LIMIT = 1024;
const WAITING_LOW = 512;
/** Bytes that wait to be written before the next frame is refused: what a fast guest takes in one go. */
const UNSENT_BYTES_LIMIT = 1024 * 1024;

/** `ended` hears once that no frame will come any more, and what was wrong if that is no plain end. */
export function streamDevice(stream: Duplex, ended: (problem: string | undefined) => void): Device {
  return new StreamDevice(stream, ended);
}

class StreamDevice implements Device {
  readonly #stream: Duplex;
  readonly #ended: (problem: string | undefined) => void;
  readonly #reader = new FrameReader((frame) => this.#waiting.push(frame));
  readonly #waiting = new FrameQueue();
  #isOver = false;
  #isCorked = false;
  #hasRefused = false;
  #listener: () => void = () => {};

  constructor(stream: Duplex, ended: (problem: string | undefined) => void) {
    this.#stream = stream;
    this.#ended = ended;
    stream.on("data", (bytes: Uint8Array) => this.#arrive(bytes));
    stream.on("end", () => this.#end(this.#reader.end()));
    // A guest that is gone resets its socket: how it ended is told elsewhere.
    stream.on("error", () => this.#end(undefined));
    stream.on("close", () => this.#end(this.#reader.end()));
    stream.on("drain", () => this.#drained());
  }

  send(frame: Uint8Array): boolean {
    const stream = this.#stream;
    if (this.#isOver || !stream.writable) return true; // into a cable that nobody holds
    if (frame.length === 0 || frame.length > FRAME_BYTES_LIMIT) {
      throw new RangeError(`a frame has 1 to ${FRAME_BYTES_LIMIT} bytes, found ${frame.length}`);
    }
    if (stream.writableLength > UNSENT_BYTES_LIMIT) {
      this.#hasRefused = true;
      return false;
    }
    const bytes = Buffer.allocUnsafe(LENGTH_BYTES + frame.length);
    bytes.writeUInt32BE(frame.length);
    bytes.set(frame, LENGTH_BYTES);
    this.#cork();
    stream.write(bytes);
    return true;
  }

  receive(): Uint8Array | undefined {
    const frame = this.#waiting.take();
    if (frame === undefined) return undefined;
    if (this.#stream.isPaused() && this.#waiting.length <= WAITING_LOW) this.#stream.resume();
    return frame;
  }

  onArrival(listener: () => void): void {
    this.#listener = listener;
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const before = this.#waiting.length;
    const problem = this.#reader.push(bytes);
    if (this.#waiting.length >= WAITING_LIMIT) this.#stream.pause();
    if (before === 0 && this.#waiting.length > 0) this.#listener();
    if (problem !== undefined) this.#end(problem);
  }

  /** All frames of one turn leave by one system call. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#stream.uncork();
    });
  }

  #drained(): void {
    if (!this.#hasRefused) return;
    this.#hasRefused = false;
    this.#listener();
  }

  #end(problem: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended(problem);
  }
}
