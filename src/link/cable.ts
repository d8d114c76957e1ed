/**
 * A cable with two ends in one process. What one end sends, the other receives, in order and at once.
 *
 * Tests: device.test.ts
 */
import type { Device } from "./device.ts";
import { FrameQueue } from "./frame-queue.ts";

/** Frames that wait at one end, and their bytes; a sender beyond it is told that the cable is full, as a device's ring would. */
const WAITING_LIMIT = 4096;
const WAITING_BYTES_LIMIT = 0x800000;

class End implements Device {
  other!: End;
  readonly #waiting = new FrameQueue();
  #listener: () => void = () => {};

  send(frame: Uint8Array): boolean {
    return this.other.#arrive(frame);
  }

  receive(): Uint8Array | undefined {
    return this.#waiting.take();
  }

  onArrival(listener: () => void): void {
    this.#listener = listener;
  }

  #arrive(frame: Uint8Array): boolean {
    if (this.#waiting.length >= WAITING_LIMIT || this.#waiting.bytes >= WAITING_BYTES_LIMIT) return false;
    // From Node's pool: a buffer of its own would cost each frame more than its bytes do.
    const copy = Buffer.allocUnsafe(frame.length);
    copy.set(frame);
    this.#waiting.push(copy);
    if (this.#waiting.length === 1) this.#listener();
    return true;
  }
}

export function createCable(): readonly [Device, Device] {
  const one = new End();
  const two = new End();
  one.other = two;
  two.other = one;
  return [one, two];
}
