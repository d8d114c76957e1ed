/**
 * Machines and cables in virtual time: what happens next is the earliest event, and nothing waits for real.
 *
 * Everything that could differ between two runs is a parameter: equal seeds and equal modules give equal runs, to
 * the frame. A machine here is a kernel module (`start`, `turn`) with the simulator as its platform.
 *
 * Tests: simulator.test.ts, and whole transfers in src/kernel/net/tcp/transfer.test.ts
 */
import { NEVER } from "../abi/platform.ts";
import type { Device } from "./device.ts";
import { EventQueue } from "./event-queue.ts";
import { seededRandom } from "./random.ts";
import type { Schedule } from "./schedule.ts";

const START_NS = 1_000_000_000n;
const BITS = 8;
const ETHERNET_OVERHEAD = 24; // preamble, check sequence, gap: bytes on the cable that no frame shows

export interface CableOptions {
  readonly delayNs?: bigint;
  /** 0: no limit. */
  readonly bitsPerSecond?: number;
  /** Frames under way in one direction; more are dropped, as a full router would. */
  readonly frameLimit?: number;
}

export interface MachineOptions {
  readonly device: Device;
  readonly configuration: string;
  readonly hardwareAddress: Uint8Array;
  readonly seed: number;
  /** Imports besides the platform's; a `compartment` here takes the place of the empty one. */
  readonly functions?: WebAssembly.Imports;
}

export interface Machine {
  readonly exports: Record<string, (...values: never[]) => never> & { memory: WebAssembly.Memory };
  /** Has the machine take a turn, at this virtual time but not within this call. */
  wake(): void;
}

export class Simulator implements Schedule {
  #now = START_NS;
  #events = new EventQueue();

  now(): bigint {
    return this.#now;
  }

  after(delayNs: bigint, work: () => void): void {
    this.#events.add(this.#now + delayNs, work);
  }

  /** Lets events happen until `done`: false when none were left, or `limitNs` of virtual time have passed. */
  run(done: () => boolean, limitNs: bigint): boolean {
    const end = this.#now + limitNs;
    while (!done()) {
      const event = this.#events.take(end);
      if (event === undefined) return false;
      this.#now = event.time;
      event.work();
    }
    return true;
  }

  /** A cable between two machines. */
  cable(options: CableOptions = {}): readonly [Device, Device] {
    const one = new CableEnd(this, options);
    const two = new CableEnd(this, options);
    one.other = two;
    two.other = one;
    return [one, two];
  }

  /** Starts a machine. */
  machine(module: WebAssembly.Module, options: MachineOptions): Machine {
    return startMachine(this, module, options);
  }
}

class CableEnd implements Device {
  other!: CableEnd;
  #simulator: Simulator;
  #options: CableOptions;
  #waiting: Uint8Array[] = [];
  #listener: () => void = () => {};
  #busyUntil = 0n;
  #underWay = 0;

  constructor(simulator: Simulator, options: CableOptions) {
    this.#simulator = simulator;
    this.#options = options;
  }

  send(frame: Uint8Array): boolean {
    if (this.#underWay >= (this.#options.frameLimit ?? Infinity)) return true;
    const copy = new Uint8Array(frame);
    const now = this.#simulator.now();
    const begin = this.#busyUntil > now ? this.#busyUntil : now;
    this.#busyUntil = begin + this.#sendingTime(frame.length);
    this.#underWay++;
    this.#simulator.after(this.#busyUntil - now + (this.#options.delayNs ?? 0n), () => {
      this.#underWay--;
      this.other.#arrive(copy);
    });
    return true;
  }

  receive(): Uint8Array | undefined {
    return this.#waiting.shift();
  }

  onArrival(listener: () => void): void {
    this.#listener = listener;
  }

  #arrive(frame: Uint8Array): void {
    this.#waiting.push(frame);
    if (this.#waiting.length === 1) this.#listener();
  }

  #sendingTime(length: number): bigint {
    const rate = this.#options.bitsPerSecond ?? 0;
    if (rate === 0) return 0n;
    return BigInt(Math.ceil(((length + ETHERNET_OVERHEAD) * BITS * 1e9) / rate));
  }
}

function startMachine(simulator: Simulator, module: WebAssembly.Module, options: MachineOptions): Machine {
  const instance = new WebAssembly.Instance(module, {
    platform: platformOf(simulator, options, () => machine.exports.memory),
    compartment: { enter: () => 0, copyIn: () => {}, copyOut: () => {} },
    ...options.functions,
    env: {
      abort(message: number) {
        throw new Error(assertMessage(machine.exports.memory, message));
      },
    },
  });
  let due = NEVER;
  let waking = false;
  const turn = () => {
    waking = false;
    const deadline = (machine.exports["turn"] as () => bigint)();
    if (deadline === NEVER) return void (due = NEVER);
    if (deadline >= due && due > simulator.now()) return; // an earlier event stands
    due = deadline;
    const now = simulator.now();
    simulator.after(deadline > now ? deadline - now : 0n, () => {
      if (due === deadline) turn();
    });
  };
  const machine: Machine = {
    exports: instance.exports as Machine["exports"],
    wake() {
      if (waking) return;
      waking = true;
      simulator.after(0n, turn);
    },
  };
  options.device.onArrival(() => machine.wake());
  (machine.exports["start"] as () => void)();
  machine.wake();
  return machine;
}

function platformOf(simulator: Simulator, options: MachineOptions, memory: () => WebAssembly.Memory) {
  const { device, hardwareAddress } = options;
  const random = seededRandom(options.seed);
  const configuration = new TextEncoder().encode(options.configuration);
  const at = (pointer: number, length: number) => new Uint8Array(memory().buffer, pointer, length);
  return {
    clockMonotonic: () => simulator.now(),
    clockRealtime: () => simulator.now(),
    entropySeed(pointer: number, length: number) {
      const bytes = at(pointer, length);
      for (let index = 0; index < length; index++) bytes[index] = Math.floor(random() * 256);
      return length;
    },
    configuration(pointer: number, capacity: number) {
      if (capacity >= configuration.length) at(pointer, configuration.length).set(configuration);
      return configuration.length;
    },
    netReceive(pointer: number, capacity: number) {
      for (let frame = device.receive(); frame !== undefined; frame = device.receive()) {
        if (frame.length > capacity) continue;
        at(pointer, frame.length).set(frame);
        return frame.length;
      }
      return 0;
    },
    netTransmit: (pointer: number, length: number) => (device.send(at(pointer, length)) ? 1 : 0),
    netTransmitPieces() {
      throw new Error("this device takes frames that are in one piece");
    },
    netAddress: (pointer: number) => (at(pointer, hardwareAddress.length).set(hardwareAddress), 1),
    consoleWrite: () => {},
    exit(status: number) {
      throw new Error(`the kernel exits with ${status}`);
    },
    panic(pointer: number, length: number) {
      throw new Error(new TextDecoder().decode(at(pointer, length)));
    },
  };
}

/** An AssemblyScript string: UTF-16, its length in bytes in the word before it. */
function assertMessage(memory: WebAssembly.Memory, pointer: number): string {
  if (pointer === 0) return "abort";
  const length = new DataView(memory.buffer).getUint32(pointer - 4, true);
  return new TextDecoder("utf-16le").decode(new Uint8Array(memory.buffer, pointer, length));
}
