/**
 * What a device writes into its used ring, as a script: drivers neither trap nor spin, no buffer is taken twice or that
 * was not offered, no length exceeds its buffer, and a fault is for good.
 */
import assert from "node:assert/strict";
import type { FuzzTarget } from "./target.ts";
import { compileCached, type TestExports } from "../tools/assembly-test.ts";
import { TestDevice, TestMachine } from "../src/kernel/drivers/virtio/test-machine.ts";
import { EVENT_INDEX } from "../src/kernel/drivers/virtio/test-queue.ts";
import { THREADS, VIRTQUEUE_ROOT } from "../src/kernel/drivers/virtio/test-roots.ts";

const SIZE = 8;
const BUFFER = 1;
const DEVICE_FAULT = 2;
const LIMIT = 0x1_0000;

let compiled: Promise<WebAssembly.Module> | undefined;

function compile(): Promise<WebAssembly.Module> {
  compiled ??= compileCached("drivers/virtio/queue.harness.ts", VIRTQUEUE_ROOT, THREADS).then(
    (wasm) => new WebAssembly.Module(wasm as BufferSource),
  );
  return compiled;
}

class Run {
  readonly #driver: TestExports;
  readonly #device = new TestDevice({ id: 1, queues: [SIZE] });
  /** Offered and not taken: how many bytes each has. */
  readonly #offered = new Map<number, number>();
  /** Offered, not published. */
  readonly #hidden = new Set<number>();
  #nextOwner = 1;
  #hasFailed = false;

  constructor(module: WebAssembly.Module, hasEventIndex: boolean) {
    this.#device.driverFeatures = hasEventIndex ? EVENT_INDEX : 0n;
    const machine = new TestMachine([this.#device]);
    const imports = {
      device: machine.device,
      platform: machine.platform,
      env: {
        abort: () => {
          throw new Error("the driver aborts");
        },
      },
    };
    const instance = new WebAssembly.Instance(module, imports as unknown as WebAssembly.Imports);
    this.#driver = instance.exports as TestExports;
    machine.memory = this.#driver.memory;
    this.#driver["start"](SIZE, hasEventIndex ? 1 : 0);
  }

  /** One step: what a byte names, with the two bytes after it. */
  step(operation: number, a: number, b: number): void {
    const queue = this.#device.queue(0);
    const steps: readonly (() => void)[] = [
      () => this.#offer(a),
      () => (this.#driver["publish"](), this.#hidden.clear()),
      () => this.#take(),
      () => void queue.serve((head) => this.#capacityOf(head) & (a * 256 + b)),
      () => queue.setUsedIndex(a * 256 + b),
      () => queue.setUsedIndex(a & 15),
      () => queue.setUsedElement(a, b & 15, a + b),
      () => queue.setUsedElement(a, (b << 24) | a, b << 23),
      () => void this.#driver["arm"](),
      () => this.#driver["disarm"](),
      () => queue.setAvailableEvent(a * 256 + b),
      () => queue.setUsedFlags(a),
    ];
    steps[operation % steps.length]!();
  }

  #capacityOf(head: number): number {
    return this.#device
      .queue(0)
      .segments(head)
      .reduce((sum, { length, isWritable }) => sum + (isWritable ? length : 0), 0);
  }

  #offer(shape: number): void {
    const parts = shape & 1 ? 1 + ((shape >> 1) & 3) : 0;
    if (this.#driver["free"]() < Math.max(parts, 1)) return;
    const owner = this.#nextOwner++;
    this.#hidden.add(owner);
    if (parts > 0) this.#driver["offerChain"](parts, owner);
    else this.#driver["offer"](shape, (shape >> 1) & 1, owner);
    const chain = [0, 0, 32, 80, 144][parts]!;
    this.#offered.set(owner, parts > 0 ? chain : (shape >> 1) & 1 ? shape : 0);
  }

  #take(): void {
    for (let count = 0; ; count++) {
      assert(count < LIMIT, "the driver takes for ever");
      const took = this.#driver["take"]() as number;
      assert(!this.#hasFailed || took === DEVICE_FAULT, "a fault was forgotten");
      this.#hasFailed = took === DEVICE_FAULT;
      if (took !== BUFFER) break;
      const owner = this.#driver["owner"]() as number;
      const capacity = this.#offered.get(owner);
      assert(capacity !== undefined && !this.#hidden.has(owner), "a buffer that is not out");
      assert((this.#driver["length"]() as number) >>> 0 <= capacity, "more bytes than the buffer has");
      this.#offered.delete(owner);
    }
    assert(this.#driver["inFlight"]() === this.#offered.size, "buffers are lost");
    assert((this.#driver["free"]() as number) <= SIZE, "descriptors from nowhere");
  }
}

/** Offer, publish, serve, take: twice, as an honest device; then one lie each. */
const HONEST = [0, 3, 0, 0, 7, 0, 1, 0, 0, 3, 0, 255, 2, 0, 0];
const CORPUS = [
  [...HONEST, ...HONEST],
  [...HONEST, 4, 255, 255, 2, 0, 0],
  [...HONEST, 0, 2, 0, 1, 0, 0, 6, 2, 1, 5, 3, 0, 2, 0, 0],
  [...HONEST, 8, 0, 0, 10, 1, 2, 11, 1, 0, 9, 0, 0, ...HONEST],
  [...HONEST, 7, 2, 9, 5, 3, 0, 2, 0, 0, ...HONEST],
];

/** Runs an input on a root made of `VIRTQUEUE_ROOT`. */
export function runOn(module: WebAssembly.Module, input: Uint8Array): void {
  const run = new Run(module, ((input[0] ?? 0) & 1) === 1);
  for (let at = 1; at + 2 < input.length; at += 3) run.step(input[at]!, input[at + 1]!, input[at + 2]!);
}

export const target: FuzzTarget = {
  name: "virtqueue",
  corpus: CORPUS.map((steps) => Uint8Array.of(1, ...steps)),
  run: async (input) => runOn(await compile(), input),
};
