/**
 * A network device gone mad, as a script over both of its queues and all that it writes: the driver neither traps nor
 * spins, frames lie within their chunks, chunks are not multiplied, and at most one line complains.
 */
import assert from "node:assert/strict";
import type { FuzzTarget } from "./target.ts";
import { compileCached, type TestExports } from "../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../src/kernel/drivers/virtio/test-machine.ts";
import { EVENT_INDEX, type TestQueue } from "../src/kernel/drivers/virtio/test-queue.ts";
import { NET_ROOT, THREADS } from "../src/kernel/drivers/virtio/test-roots.ts";

const QUEUE_SIZE = 8;
const CHUNKS = 256;
/** Where frames are joined and cut. */
const LONG_QUEUE_SIZE = 64;
const LONG_CHUNKS = 1024;
const HEADER_SIZE = 12;
const LONGEST_FRAME = 65_522;
const LONGEST_SINGLE_FRAME = 2034;
const CONFIGURATION = Uint8Array.of(2, 0, 0, 0, 0, 0x15);
const FEATURES = (1n << 1n) | (1n << 5n);
const MERGE_BUFFERS = 1n << 15n;
const CUTTING = (1n << 0n) | (1n << 11n) | (1n << 12n);
const JOINING = (1n << 7n) | (1n << 8n);
const FRAMES_LIMIT = 100_000;

let compiled: Promise<WebAssembly.Module> | undefined;

function compile(): Promise<WebAssembly.Module> {
  compiled ??= compileCached("drivers/virtio/net/net.harness.ts", NET_ROOT, THREADS).then(
    (wasm) => new WebAssembly.Module(wasm as BufferSource),
  );
  return compiled;
}

class Run {
  readonly #driver: TestExports;
  readonly #device: TestDevice;
  readonly #machine: TestMachine;

  readonly #chunks: number;
  /** Where frames of several buffers are put together. */
  #joined: number | undefined;

  constructor(module: WebAssembly.Module, shape: number) {
    const isLong = (shape & 4) !== 0;
    const size = isLong ? LONG_QUEUE_SIZE : QUEUE_SIZE;
    this.#chunks = isLong ? LONG_CHUNKS : CHUNKS;
    this.#device = new TestDevice({
      id: 1,
      queues: [size, size],
      configuration: CONFIGURATION,
      features:
        FEATURES |
        (shape & 1 ? EVENT_INDEX : 0n) |
        (shape & 2 ? MERGE_BUFFERS : 0n) |
        (isLong ? CUTTING | JOINING : 0n),
    });
    this.#machine = new TestMachine([this.#device]);
    const imports = {
      device: this.#machine.device,
      platform: this.#machine.platform,
      env: {
        abort: () => {
          throw new Error("the driver aborts");
        },
      },
    };
    const instance = new WebAssembly.Instance(module, imports as unknown as WebAssembly.Imports);
    this.#driver = instance.exports as TestExports;
    this.#machine.memory = this.#driver.memory;
    this.#driver["start"](this.#chunks);
  }

  /** One step: what a byte names, with the two bytes after it. */
  step(operation: number, a: number, b: number): void {
    const queue = this.#device.queue(operation >> 7);
    const steps: readonly (() => void)[] = [
      () => this.#driver["send"](14 + (a % 200)),
      () => this.#driver["flush"](),
      () => this.#receive(),
      () => void this.#driver["arm"](),
      () => this.#driver["disarm"](),
      () => void this.#deliver(this.#device.queue(0), a, b),
      () => void this.#device.queue(1).serve(),
      () => queue.setUsedIndex(a * 256 + b),
      () => queue.setUsedIndex(a & 31),
      () => queue.setUsedElement(a, b & 15, HEADER_SIZE + a),
      () => queue.setUsedElement(a, (b << 24) | a, b << 23),
      () => queue.setAvailableEvent(a * 256 + b),
      () => void (this.#device.needsReset = a > 250),
      () => this.#sendLong(a, b),
      () => this.#deliverJoined(a, b),
    ];
    steps[(operation & 127) % steps.length]!();
  }

  /** An honest frame, or nearly: the header says what `a` and `b` are. */
  #deliver(queue: TestQueue, a: number, b: number): void {
    const head = queue.pop();
    if (head === undefined) return;
    queue.write(head, Uint8Array.of(a, 0, 0, 0, 0, 0, 0, 0, 0, 0, a < 200 ? 1 : b, 0, ...CONFIGURATION));
    queue.push(head, b < 250 ? HEADER_SIZE + b * 8 : b - 245);
    queue.flush();
  }

  #sendLong(a: number, b: number): void {
    if (this.#driver["makesSegments"](0) === 0) return;
    const place = this.#driver["lendLongFrame"]() as number;
    if (place !== 0) this.#driver["sendLong"](place, 54, a * b, 34, 16, 1 + a);
  }

  /** A frame in `a & 63` buffers, which says that it was joined, and perhaps lies. */
  #deliverJoined(a: number, b: number): void {
    const queue = this.#device.queue(0);
    const buffers = (a & 63) + (b === 255 ? 1 : 0);
    for (let part = 0; part < (a & 63); part++) {
      const head = queue.pop();
      if (head === undefined) break;
      const header = [1, a & 64 ? 4 : 1, 54, 0, b, 0, 34, 0, 16, 0, buffers, 0];
      queue.write(head, Uint8Array.of(...(part === 0 ? header : []), ...CONFIGURATION));
      queue.push(head, part === 0 || b < 200 ? 2046 : b);
    }
    queue.flush();
  }

  #receive(): void {
    const end = this.#machine.memory.buffer.byteLength;
    for (let count = 0; ; count++) {
      assert(count < FRAMES_LIMIT, "frames without end");
      const length = this.#driver["receiveFrame"]() as number;
      if (length === 0) break;
      assert(length > 0 && length <= LONGEST_FRAME, `a frame of ${length} bytes`);
      const frame = this.#driver["receivedFrame"]() as number;
      if ((frame - 14) % 2048 !== 0) this.#joined ??= frame;
      const isPlace = (frame - 14) % 2048 === 0 ? length <= LONGEST_SINGLE_FRAME : frame === this.#joined;
      assert(frame > 4096 && frame + length <= end && isPlace, `a frame of ${length} bytes at ${frame}`);
      this.#driver["releaseFrame"]();
    }
  }

  check(): void {
    assert((this.#driver["chunksInUse"]() as number) <= this.#chunks, "chunks from nowhere");
    assert(this.#machine.errors.length <= 1, `it complains again: ${this.#machine.errors.join("")}`);
    if (this.#machine.errors.length === 1) assert(this.#device.status === 0, "it was not reset");
  }
}

/** Send, flush, serve, deliver, receive, sleep, wake: as an honest device. */
const HONEST = [0, 90, 0, 1, 0, 0, 6, 0, 0, 5, 0, 60, 5, 2, 70, 2, 0, 0, 1, 0, 0, 3, 0, 0, 4, 0, 0];
const CORPUS = [
  [...HONEST, ...HONEST],
  [...HONEST, 7, 200, 1, ...HONEST],
  [...HONEST, 0, 90, 0, 1, 0, 0, 137, 1, 0, 136, 2, 0, ...HONEST],
  [...HONEST, 5, 201, 3, 5, 0, 60, 5, 0, 60, 2, 0, 0, ...HONEST],
  [...HONEST, 9, 2, 1, 8, 3, 0, 2, 0, 0, 12, 255, 0, ...HONEST],
  [...HONEST, 13, 200, 100, 14, 9, 100, 2, 0, 0, ...HONEST],
  [...HONEST, 14, 33, 100, 2, 0, 0, 14, 3, 255, 2, 0, 0, ...HONEST],
];

export const target: FuzzTarget = {
  name: "virtio-net",
  corpus: [3, 7].flatMap((shape) => CORPUS.map((steps) => Uint8Array.of(shape, ...steps))),
  async run(input) {
    const run = new Run(await compile(), input[0] ?? 0);
    for (let at = 1; at + 2 < input.length; at += 3) run.step(input[at]!, input[at + 1]!, input[at + 2]!);
    run.check();
  },
};
