/**
 * A network device gone mad, as a script over both of its queues and all that it writes: the driver neither traps nor
 * spins, frames lie within their chunks, chunks are not multiplied, and at most one line complains.
 */
import type { FuzzTarget } from "./target.ts";
import { compileCached, type TestExports } from "../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../src/kernel/drivers/virtio/test-machine.ts";
import { EVENT_INDEX, type TestQueue } from "../src/kernel/drivers/virtio/test-queue.ts";
import { NET_ROOT, THREADS } from "../src/kernel/drivers/virtio/test-roots.ts";

const QUEUE_SIZE = 8;
const CHUNKS = 256;
const HEADER_SIZE = 12;
const LONGEST_FRAME = 2034;
const CONFIGURATION = Uint8Array.of(2, 0, 0, 0, 0, 0x15);
const FEATURES = (1n << 1n) | (1n << 5n);
const MERGE_BUFFERS = 1n << 15n;
const FRAMES_LIMIT = 100_000;

let compiled: Promise<WebAssembly.Module> | undefined;

function compile(): Promise<WebAssembly.Module> {
  compiled ??= compileCached("drivers/virtio/net/net.harness.ts", NET_ROOT, THREADS).then(
    (wasm) => new WebAssembly.Module(wasm as BufferSource),
  );
  return compiled;
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

class Run {
  readonly #driver: TestExports;
  readonly #device: TestDevice;
  readonly #machine: TestMachine;

  constructor(module: WebAssembly.Module, shape: number) {
    this.#device = new TestDevice({
      id: 1,
      queues: [QUEUE_SIZE, QUEUE_SIZE],
      configuration: CONFIGURATION,
      features: FEATURES | (shape & 1 ? EVENT_INDEX : 0n) | (shape & 2 ? MERGE_BUFFERS : 0n),
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
    this.#driver["start"](CHUNKS);
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

  #receive(): void {
    const end = this.#machine.memory.buffer.byteLength;
    for (let count = 0; ; count++) {
      must(count < FRAMES_LIMIT, "frames without end");
      const length = this.#driver["receiveFrame"]() as number;
      if (length === 0) break;
      must(length > 0 && length <= LONGEST_FRAME, `a frame of ${length} bytes`);
      const frame = this.#driver["receivedFrame"]() as number;
      must(frame > 4096 && frame + length <= end && (frame - 14) % 2048 === 0, `a frame at ${frame}`);
      this.#driver["releaseFrame"]();
    }
  }

  check(): void {
    must((this.#driver["chunksInUse"]() as number) <= CHUNKS, "chunks from nowhere");
    must(this.#machine.errors.length <= 1, `it complains again: ${this.#machine.errors.join("")}`);
    if (this.#machine.errors.length === 1) must(this.#device.status === 0, "it was not reset");
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
];

export const target: FuzzTarget = {
  name: "virtio-net",
  corpus: CORPUS.map((steps) => Uint8Array.of(3, ...steps)),
  async run(input) {
    const run = new Run(await compile(), input[0] ?? 0);
    for (let at = 1; at + 2 < input.length; at += 3) run.step(input[at]!, input[at + 1]!, input[at + 2]!);
    run.check();
  },
};
