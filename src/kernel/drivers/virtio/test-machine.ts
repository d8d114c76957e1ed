/**
 * A model of the platform's `device` functions and of the devices behind them: what the drivers are tested on.
 *
 * The platform's half checks as the real one does, and throws where that ends the machine: a driver never comes
 * there, whatever its device does.
 */
import assert from "node:assert/strict";
import { QUEUES_LIMIT, QUEUE_SIZE_LIMIT, type PlatformImports } from "../../../abi/platform.ts";
import { TestQueue } from "./test-queue.ts";

export const VERSION_1 = 1n << 32n;

export interface DeviceOptions {
  readonly id: number;
  readonly features?: bigint;
  readonly configuration?: Uint8Array;
  /** The largest size of each queue. */
  readonly queues: readonly number[];
  readonly magic?: number;
  readonly version?: number;
}

/** The registers of a device. Tests replace what they lie about. */
export class TestDevice {
  readonly options: DeviceOptions;
  features: bigint;
  configuration: Uint8Array;
  status = 0;
  driverFeatures = 0n;
  generation = 0;
  resets = 0;
  /** Times that a register was read while the device was live. */
  reads = 0;
  acknowledged = 0;
  isStuckInReset = false;
  refusesFeatures = false;
  needsReset = false;
  /** The configuration is another one at each look. */
  isRestless = false;
  onNotify: (queue: TestQueue) => void = () => {};
  readonly queues = new Map<number, TestQueue>();
  #selected = [0, 0];

  constructor(options: DeviceOptions) {
    this.options = options;
    this.features = (options.features ?? 0n) | VERSION_1;
    this.configuration = options.configuration ?? new Uint8Array(0);
  }

  queue(index: number): TestQueue {
    const queue = this.queues.get(index);
    assert.ok(queue !== undefined, `queue ${index} was not opened`);
    return queue;
  }

  get isLive(): boolean {
    return (this.status & 4) !== 0;
  }

  readRegister(offset: number): number {
    if (this.isLive) this.reads++;
    if (offset === 0) return this.options.magic ?? 0x74726976;
    if (offset === 4) return this.options.version ?? 2;
    if (offset === 8) return this.options.id;
    if (offset === 0x10) return Number((this.features >> BigInt(32 * this.#selected[0]!)) & 0xffff_ffffn) | 0;
    if (offset === 0x70) {
      if (this.isStuckInReset) return 1;
      const refused = this.refusesFeatures ? 8 : 0;
      return (this.status & ~refused) | (this.needsReset ? 64 : 0);
    }
    if (offset === 0xfc) return this.isRestless ? this.generation++ : this.generation;
    throw new Error(`the driver reads register ${offset}`);
  }

  writeRegister(offset: number, value: number): void {
    if (offset === 0x14) this.#selected[0] = value;
    else if (offset === 0x24) this.#selected[1] = value;
    else if (offset === 0x20) {
      const shift = BigInt(32 * this.#selected[1]!);
      this.driverFeatures &= ~(0xffff_ffffn << shift);
      this.driverFeatures |= BigInt(value >>> 0) << shift;
    } else if (offset === 0x64) this.acknowledged++;
    else if (offset === 0x70) {
      this.status = value;
      if (value === 0) this.resets++;
    } else throw new Error(`the driver writes register ${offset}`);
  }
}

export class TestMachine {
  readonly devices: readonly TestDevice[];
  readonly grantedBytes: number;
  /** Lines that were written on the error console. */
  readonly errors: string[] = [];
  readonly output: string[] = [];
  clock = 1_000_000_000n;
  /** While the driver waits a moment. */
  onWatch: () => void = () => {};
  watched = 0;
  /** Each look at the clock lets this much time pass. */
  tick = 1000n;
  readonly #queues: TestQueue[] = [];
  #memory: WebAssembly.Memory | undefined;
  #line = "";
  #pinned = { start: 0, end: 0 };

  constructor(devices: readonly TestDevice[], grantedBytes = 1 << 30) {
    this.devices = devices;
    this.grantedBytes = grantedBytes;
  }

  set memory(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  get memory(): WebAssembly.Memory {
    assert.ok(this.#memory !== undefined);
    return this.#memory;
  }

  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, pointer >>> 0, length);
  }

  #requirePinned(pointer: number, length: number): void {
    const start = pointer >>> 0;
    const isInside = start >= this.#pinned.start && start + (length >>> 0) <= this.#pinned.end;
    assert.ok(isInside, `the driver offers ${length} bytes at ${start}, which are not pinned`);
  }

  #queue(number: number): TestQueue {
    const queue = this.#queues[number];
    assert.ok(queue !== undefined, `the driver names queue ${number}`);
    return queue;
  }

  #device(number: number): TestDevice {
    const device = this.devices[number];
    assert.ok(device !== undefined, `the driver names device ${number}`);
    return device;
  }

  /** The module `device`. */
  readonly device: PlatformImports["device"] = {
    count: () => this.devices.length,
    readRegister: (device, offset) => this.#device(device).readRegister(offset),
    readConfiguration: (device, offset) => {
      const found = this.#device(device);
      return (found.configuration[offset] ?? 0) ^ (found.isRestless ? found.generation & 255 : 0);
    },
    writeRegister: (device, offset, value) => this.#device(device).writeRegister(offset, value),
    pin: (pointer, length) => {
      assert.equal(this.#pinned.end, 0, "pinned twice");
      assert.equal(pointer % 4096, 0);
      assert.ok(pointer + length <= this.memory.buffer.byteLength, "beyond the memory");
      const granted = Math.min(length, this.grantedBytes) & ~4095;
      this.#pinned = { start: pointer, end: pointer + granted };
      return granted;
    },
    openQueue: (number, index, size, available, used) => {
      const device = this.#device(number);
      assert.ok(size > 0 && size <= QUEUE_SIZE_LIMIT && (size & (size - 1)) === 0, `a queue of ${size}`);
      assert.equal(available % 2, 0);
      assert.equal(used % 4, 0);
      this.#requirePinned(available, 6 + 2 * size);
      this.#requirePinned(used, 6 + 8 * size);
      if (this.#queues.length === QUEUES_LIMIT || size > (device.options.queues[index] ?? 0)) return -1;
      const queue = new TestQueue(this, device, index, size, available, used);
      device.queues.set(index, queue);
      return this.#queues.push(queue) - 1;
    },
    describe: (number, descriptor, pointer, length, flags, next) => {
      const queue = this.#queue(number);
      assert.ok(descriptor >>> 0 < queue.size && next >>> 0 < queue.size, "no such descriptor");
      this.#requirePinned(pointer, length);
      queue.descriptors[descriptor] = { pointer, length, flags: flags & 3, next };
    },
    watch: (pointer, value, looks) => {
      assert.ok(looks > 0 && looks <= 1024, `${looks} looks`);
      this.watched++;
      this.onWatch();
      return new DataView(this.memory.buffer).getUint16(pointer >>> 0, true) === value ? 0 : 1;
    },
    notify: (number) => {
      const queue = this.#queue(number);
      queue.notices++;
      queue.device.onNotify(queue);
    },
  };

  /** The module `platform`, as far as drivers use it. */
  readonly platform = {
    clockMonotonic: () => (this.clock += this.tick),
    consoleWrite: (stream: number, pointer: number, length: number) => {
      const text = Buffer.from(this.bytes(pointer, length)).toString("latin1");
      if (stream === 1) {
        this.output.push(text);
        return;
      }
      this.#line += text;
      if (!text.endsWith("\n")) return;
      this.errors.push(this.#line);
      this.#line = "";
    },
    panic: (pointer: number, length: number) => {
      throw new Error(Buffer.from(this.bytes(pointer, length)).toString("latin1"));
    },
    entropySeed: (): number => 0,
    configuration: () => 0,
  };
}
