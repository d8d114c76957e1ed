/**
 * A cable's end over a byte stream, such as a socket: the other end is a process of its own, a guest mostly.
 *
 * Both ways are bounded. What the other side sends and nobody takes stays in the socket, which stops the sender; what
 * it does not take is refused here, and the listener hears once there is room again.
 *
 * All frames of one turn leave in one write, from blocks that are used again: the stream must be done with a write's bytes
 * when it calls back, as sockets are.
 *
 * Owns:   frames that have come, and those of this turn that go.
 * Never:  ends the stream; whoever opened it does.
 * Tests:  stream.test.ts, device.test.ts
 */
import type { Duplex } from "node:stream";
import type { Device } from "./device.ts";
import { FrameQueue } from "./frame-queue.ts";
import { FRAME_BYTES_LIMIT, FrameReader, LENGTH_BYTES } from "./frame-reader.ts";

/** Frames that wait here before the stream is no longer read, and their bytes. Once few are left it is read again. */
const WAITING_LIMIT = 1024;
const WAITING_BYTES_LIMIT = 4 * 1024 * 1024;
const WAITING_LOW = 512;
const WAITING_BYTES_LOW = WAITING_BYTES_LIMIT / 2;
/** Bytes that wait to be written before the next frame is refused: what a fast guest takes in one go. */
const UNSENT_BYTES_LIMIT = 1024 * 1024;
/** Holds more than one of the longest frames. */
const BLOCK_BYTES = 128 * 1024;
/** Free blocks that are kept. */
const FREE_LIMIT = UNSENT_BYTES_LIMIT / BLOCK_BYTES;

/** `ended` hears once that no frame will come any more, and what was wrong if that is no plain end. */
export function streamDevice(stream: Duplex, ended: (problem: string | undefined) => void): Device {
  return new StreamDevice(stream, ended);
}

class StreamDevice implements Device {
  readonly #stream: Duplex;
  readonly #ended: (problem: string | undefined) => void;
  readonly #reader = new FrameReader((frame) => this.#waiting.push(frame));
  readonly #waiting = new FrameQueue();
  readonly #free: Buffer[] = [];
  /** Frames of this turn, each after its length. */
  #block: Buffer | undefined;
  #filled = 0;
  #isOver = false;
  #isLeaving = false;
  #isPaused = false;
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
    if (this.#filled + LENGTH_BYTES + frame.length > BLOCK_BYTES) this.#leave();
    this.#block ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#filled = this.#block.writeUInt32BE(frame.length, this.#filled);
    this.#block.set(frame, this.#filled);
    this.#filled += frame.length;
    if (!this.#isLeaving) {
      this.#isLeaving = true;
      process.nextTick(() => {
        this.#isLeaving = false;
        this.#leave();
      });
    }
    return true;
  }

  receive(): Uint8Array | undefined {
    const frame = this.#waiting.take();
    if (frame === undefined) return undefined;
    if (this.#isPaused && this.#waiting.length <= WAITING_LOW && this.#waiting.bytes <= WAITING_BYTES_LOW) {
      this.#isPaused = false;
      this.#stream.resume();
    }
    return frame;
  }

  onArrival(listener: () => void): void {
    this.#listener = listener;
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const before = this.#waiting.length;
    const problem = this.#reader.push(bytes);
    if (this.#waiting.length >= WAITING_LIMIT || this.#waiting.bytes >= WAITING_BYTES_LIMIT) {
      this.#isPaused = true;
      this.#stream.pause();
    }
    if (before === 0 && this.#waiting.length > 0) this.#listener();
    if (problem !== undefined) this.#end(problem);
  }

  #leave(): void {
    const block = this.#block;
    if (block === undefined) return;
    const bytes = block.subarray(0, this.#filled);
    this.#block = undefined;
    this.#filled = 0;
    if (!this.#stream.writable) return; // the cable fell while its frames waited
    this.#stream.write(bytes, () => {
      if (this.#free.length < FREE_LIMIT) this.#free.push(block);
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
