/**
 * A split virtqueue as its device sees it, for tests. Honest as long as `pop`, `push` and `flush` are used; otherwise it
 * writes any number anywhere in its rings.
 */
import assert from "node:assert/strict";

/** The memory that both sides share, and what was negotiated. */
export interface QueueHost {
  readonly memory: WebAssembly.Memory;
  bytes(pointer: number, length: number): Uint8Array;
}

export const EVENT_INDEX = 1n << 29n;
const NEXT = 1;
const DEVICE_WRITES = 2;
const NO_INTERRUPT = 1;

export interface Segment {
  readonly pointer: number;
  readonly length: number;
  readonly isWritable: boolean;
}

/** Whose queue it is. */
export interface QueueDevice {
  readonly driverFeatures: bigint;
  onNotify: (queue: TestQueue) => void;
}

interface Descriptor {
  readonly pointer: number;
  readonly length: number;
  readonly flags: number;
  readonly next: number;
}

/** A queue as its device sees it. */
export class TestQueue {
  readonly machine: QueueHost;
  readonly device: QueueDevice;
  readonly index: number;
  readonly size: number;
  readonly available: number;
  readonly used: number;
  readonly descriptors: (Descriptor | undefined)[] = [];
  notices = 0;
  interrupts = 0;
  #popped = 0;
  #pushed = 0;
  #shown = 0;

  constructor(
    machine: QueueHost,
    device: QueueDevice,
    index: number,
    size: number,
    available: number,
    used: number,
  ) {
    this.machine = machine;
    this.device = device;
    this.index = index;
    this.size = size;
    this.available = available;
    this.used = used;
  }

  get view(): DataView {
    return new DataView(this.machine.memory.buffer);
  }

  get hasEventIndex(): boolean {
    return (this.device.driverFeatures & EVENT_INDEX) !== 0n;
  }

  get availableIndex(): number {
    return this.view.getUint16(this.available + 2, true);
  }

  get usedEvent(): number {
    return this.view.getUint16(this.available + 4 + 2 * this.size, true);
  }

  /** How many buffers wait to be popped. */
  get waiting(): number {
    return (this.availableIndex - this.#popped) & 0xffff;
  }

  /** Starts both of the device's cursors elsewhere: for a ring whose driver was moved there too. */
  startAt(index: number): void {
    this.#popped = this.#pushed = this.#shown = index;
    this.setUsedIndex(index);
  }

  /** Takes the next buffer that the driver has offered: its first descriptor. */
  pop(): number | undefined {
    if (this.waiting === 0) {
      if (this.hasEventIndex) this.setAvailableEvent(this.#popped);
      return undefined;
    }
    const place = this.available + 4 + 2 * (this.#popped % this.size);
    this.#popped = (this.#popped + 1) & 0xffff;
    return this.view.getUint16(place, true);
  }

  segments(head: number): Segment[] {
    const found: Segment[] = [];
    for (let at = head; ;) {
      const descriptor = this.descriptors[at];
      assert.ok(descriptor !== undefined, `descriptor ${at} was never written`);
      assert.ok(found.length <= this.size, "the buffer's descriptors go in a circle");
      const { pointer, length, flags } = descriptor;
      found.push({ pointer, length, isWritable: (flags & DEVICE_WRITES) !== 0 });
      if ((flags & NEXT) === 0) return found;
      at = descriptor.next;
    }
  }

  /** What the driver wrote into the buffer. */
  read(head: number): Uint8Array {
    const parts = this.segments(head).filter((segment) => !segment.isWritable);
    return new Uint8Array(
      Buffer.concat(parts.map(({ pointer, length }) => this.machine.bytes(pointer, length))),
    );
  }

  /** Writes into the buffer's writable bytes. */
  write(head: number, bytes: Uint8Array): void {
    let left = bytes;
    for (const { pointer, length } of this.segments(head).filter((segment) => segment.isWritable)) {
      const part = left.subarray(0, length);
      this.machine.bytes(pointer, part.length).set(part);
      left = left.subarray(part.length);
    }
    assert.equal(left.length, 0, "the buffer is too small");
  }

  /** Puts a buffer on the used ring, not shown before `flush`. */
  push(head: number, length: number): void {
    this.setUsedElement(this.#pushed, head, length);
    this.#pushed = (this.#pushed + 1) & 0xffff;
  }

  /** Shows what was pushed, and interrupts if the driver wants that. */
  flush(): void {
    const before = this.#shown;
    this.#shown = this.#pushed;
    this.setUsedIndex(this.#shown);
    if (before === this.#shown) return;
    const isWanted = this.hasEventIndex
      ? ((this.#shown - this.usedEvent - 1) & 0xffff) < ((this.#shown - before) & 0xffff)
      : (this.view.getUint16(this.available, true) & NO_INTERRUPT) === 0;
    if (isWanted) this.interrupts++;
  }

  /** Completes everything that waits, in order. `answer` writes and says how many bytes. */
  serve(answer: (head: number) => number = () => 0): number {
    let count = 0;
    for (let head = this.pop(); head !== undefined; head = this.pop()) {
      this.push(head, answer(head));
      count++;
    }
    this.flush();
    return count;
  }

  setUsedIndex(index: number): void {
    this.view.setUint16(this.used + 2, index & 0xffff, true);
  }

  setUsedFlags(flags: number): void {
    this.view.setUint16(this.used, flags, true);
  }

  setUsedElement(index: number, id: number, length: number): void {
    const place = this.used + 4 + 8 * (index % this.size);
    this.view.setUint32(place, id >>> 0, true);
    this.view.setUint32(place + 4, length >>> 0, true);
  }

  setAvailableEvent(index: number): void {
    this.view.setUint16(this.used + 4 + 8 * this.size, index & 0xffff, true);
  }
}
