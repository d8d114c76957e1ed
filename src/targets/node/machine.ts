/**
 * A machine hosted in Node: the kernel's instance, the app's compartment, and the turns between them.
 *
 * Never:  touches sockets or files; the cable's other end does.
 */
import { NEVER, type KernelExports } from "../../abi/platform.ts";
import type { Image } from "../../image/image.ts";
import type { Device } from "../../link/device.ts";
import { Turns } from "../../gateway/turns.ts";
import { FAULT_STATUS, type TouchedMemory } from "../target.ts";
import { Compartment, MachineFault, type AppModules } from "./compartment.ts";
import { Compartments } from "./compartments.ts";
import { platformImports, type HostedPlatform } from "../../gateway/platform.ts";
import { trapReport } from "./trap-report.ts";

const PAGE_SIZE = 4096;
const PAGES_PER_MIB = 16;
const USUAL_TIME_LIMIT_MS = 10_000;

export interface MachineHost {
  readonly configuration: string;
  readonly hardwareAddress: Uint8Array;
  /** The guest's end of the cable. */
  readonly device: Device;
  /** As the gateway's, at the other end. */
  readonly offloads?: boolean;
  console(stream: 1 | 2, bytes: Uint8Array): void;
  /** The machine has ended with this status. Called once. */
  ended(status: number): void;
}

export class HostedMachine {
  readonly #host: MachineHost;
  readonly #kernel: KernelExports;
  readonly #compartments: Compartments;
  readonly #turns: Turns;
  readonly #networked: boolean;
  #exitStatus: number | undefined;

  constructor(image: Image, host: MachineHost) {
    this.#host = host;
    this.#networked = image.manifest.services.includes("ip");
    const compile = (bytes: Uint8Array) => new WebAssembly.Module(bytes as BufferSource);
    let kernel: WebAssembly.Exports = {};
    const memory = () => (kernel["memory"] as WebAssembly.Memory).buffer;
    const modules = modulesOf(image, compile);
    const compartments = new Compartments(
      image.manifest.isolation?.compartments ?? 1,
      timeLimitMs(host.configuration, image.manifest.isolation?.cpuMs),
      () =>
        new Compartment(
          modules,
          () => kernel,
          (error) => this.#say(trapReport(error, image)),
        ),
    );
    const imports: WebAssembly.Imports = {
      platform: { ...platformImports(this.#platform(image), memory) },
      compartment: { ...compartments.imports(memory) },
    };
    this.#compartments = compartments;
    kernel = new WebAssembly.Instance(compile(image.kernel), imports).exports;
    this.#kernel = kernel as unknown as KernelExports;
    this.#turns = new Turns(
      () => {},
      () => this.#turn(),
      () => process.hrtime.bigint(),
    );
  }

  start(): void {
    this.#guarded(() => this.#kernel.start());
    this.#endIfAsked();
    this.#host.device.onArrival(() => this.#turns.wake());
    this.#turns.wake();
  }

  status(): TouchedMemory {
    return {
      kernelTouchedBytes: touchedBytes(this.#kernel.memory),
      appTouchedBytes: this.#compartments.memories.reduce((sum, memory) => sum + touchedBytes(memory), 0),
    };
  }

  stop(): void {
    this.#turns.stop();
  }

  #turn(): bigint {
    const next = this.#guarded(() => this.#kernel.turn()) ?? NEVER;
    // Without a network and without a deadline nothing can wake this machine again.
    if (next === NEVER && !this.#networked) this.#exitStatus ??= 0;
    this.#endIfAsked();
    return next;
  }

  /** Whatever a kernel throws is its end; an app's traps never come here. */
  #guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#say(`kernel fault: ${error instanceof MachineFault ? error.message : String(error)}\n`);
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      this.#say(`${cause instanceof Error ? cause.stack : String(cause)}\n`);
      this.#exitStatus = FAULT_STATUS;
      return undefined;
    }
  }

  #endIfAsked(): void {
    if (this.#exitStatus === undefined) return;
    this.#turns.stop();
    this.#host.ended(this.#exitStatus);
  }

  #say(text: string): void {
    this.#host.console(2, new TextEncoder().encode(text));
  }

  #platform({ assets }: Image): HostedPlatform {
    return {
      configuration: this.#host.configuration,
      ...(assets === undefined ? {} : { assets }),
      hardwareAddress: this.#host.hardwareAddress,
      offloads: this.#host.offloads === true,
      receive: () => this.#host.device.receive(),
      send: (frame) => this.#host.device.send(frame),
      console: (stream, bytes) => this.#host.console(stream, bytes),
      exit: (status) => {
        this.#exitStatus ??= status;
      },
      panic: (message) => {
        throw new MachineFault(message);
      },
    };
  }
}

/** How long one entry of the app may run, as the other platforms find it (`src/platform/compartment/settle.ts`). */
function timeLimitMs(configuration: string, isolationMs = 0): number {
  const said = /^app\.timeLimitMs=(\d+)$/m.exec(configuration)?.[1];
  return said === undefined ? isolationMs || USUAL_TIME_LIMIT_MS : Number(said);
}

/** Of an app whose memory is limited, an engine's grows no further; a module's own says itself how far. */
function modulesOf(image: Image, compile: (bytes: Uint8Array) => WebAssembly.Module): AppModules {
  const { app, engine, enginePages, script, manifest } = image;
  const most = manifest.isolation === undefined ? Infinity : manifest.isolation.memoryMiB * PAGES_PER_MIB;
  return {
    app: compile(app),
    ...(engine === undefined ? {} : { engine: compile(engine) }),
    ...(enginePages === undefined
      ? {}
      : {
          enginePages: {
            initial: enginePages.initial,
            maximum: Math.max(enginePages.initial, Math.min(enginePages.maximum, most)),
          },
        }),
    ...(script === undefined ? {} : { script }),
  };
}

/** Bytes in 4 KiB pages that hold anything but zeros: what a machine with paging would have had to commit. */
function touchedBytes(memory: WebAssembly.Memory): number {
  const words = new BigUint64Array(memory.buffer);
  const wordsPerPage = PAGE_SIZE / 8;
  let pages = 0;
  for (let start = 0; start < words.length; start += wordsPerPage) {
    if (words.subarray(start, start + wordsPerPage).some((word) => word !== 0n)) pages++;
  }
  return pages * PAGE_SIZE;
}
