/**
 * The two engines that are compared, each fresh for every run: the one of an image, with the face and the Web's
 * interfaces, begun from a snapshot; and the bare one of the package, over nothing but memory and a clock.
 */
import { Compartment } from "../../src/faces/js/compartment.harness.ts";
import {
  bundleText,
  type CompartmentSnapshot,
  type Parts,
} from "../../src/faces/js/compartment-parts.harness.ts";

export interface Engine {
  /** The text of what the script threw. */
  evaluate(script: string): string | undefined;
  /** Runs what was queued, until nothing is left. */
  settle(): void;
}

export type Opener = () => Engine;

const MEMORY_PAGES = 4096;
const PAGE_BYTES = 65536;
const TIME_LIMIT_MS = 10_000;
const ALARM_LIMIT = 1000;
const STACK_LIMIT_BYTES = 256 * 1024;

export async function imageEngine(parts: Parts): Promise<Opener> {
  const { script } = await bundleText("export default { fetch() {} };");
  const snapshot: CompartmentSnapshot = new Compartment(parts, MEMORY_PAGES).start(script).snapshot();
  return () => {
    const app = new Compartment(parts, MEMORY_PAGES, snapshot);
    const began = performance.now();
    let skippedMs = app.nowMs;
    app.clock = () => skippedMs + performance.now() - began;
    return {
      evaluate: (text) => app.evaluate(text, "test.js"),
      settle() {
        app.fireAlarm();
        for (let count = 0; app.alarmAt >= 0n && count < ALARM_LIMIT; count++) {
          skippedMs += Math.max(0, Number(app.alarmAt) / 1e6 - app.clock!());
          app.fireAlarm();
        }
      },
    };
  };
}

type Exports = Record<string, (...values: number[]) => number>;

export function bareEngine({ engine, memoryPages }: Parts): Opener {
  return () => new BareEngine(engine, memoryPages.initial);
}

class BareEngine implements Engine {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  readonly #runtime: number;
  readonly #context: number;
  readonly #began = performance.now();

  constructor(module: WebAssembly.Module, initial: number) {
    this.#memory = new WebAssembly.Memory({ initial, maximum: MEMORY_PAGES });
    const face: Record<string, (...values: number[]) => number> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      if (from === "face") face[name] = () => 0;
    }
    face["dateNow"] = () => Date.now();
    face["resizeHeap"] = (bytes) => this.#grow(bytes!);
    face["shouldInterrupt"] = () => (performance.now() - this.#began > TIME_LIMIT_MS ? 1 : 0);
    const imports = { env: { memory: this.#memory }, face } as WebAssembly.Imports;
    const exports = new WebAssembly.Instance(module, imports).exports as Exports;
    this.#exports = exports;
    exports["initialize"]!();
    this.#runtime = exports["QTS_NewRuntime"]!();
    exports["QTS_RuntimeSetMaxStackSize"]!(this.#runtime, STACK_LIMIT_BYTES);
    exports["QTS_RuntimeEnableInterruptHandler"]!(this.#runtime);
    this.#context = exports["QTS_NewContext"]!(this.#runtime, 0);
  }

  #grow(bytes: number): number {
    const missing = Math.ceil((bytes >>> 0) / PAGE_BYTES) - this.#memory.buffer.byteLength / PAGE_BYTES;
    try {
      if (missing > 0) this.#memory.grow(missing);
      return 1;
    } catch {
      return 0;
    }
  }

  #place(text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const pointer = this.#exports["malloc"]!(bytes.length);
    new Uint8Array(this.#memory.buffer).set(bytes, pointer);
    return pointer;
  }

  evaluate(script: string): string | undefined {
    const exports = this.#exports;
    const [source, name] = [this.#place(script), this.#place("test.js")];
    const length = Buffer.byteLength(script);
    const result = exports["QTS_Eval"]!(this.#context, source, length, name, 0, 0);
    const error = exports["QTS_ResolveException"]!(this.#context, result);
    if (error === 0) return undefined;
    const text = exports["QTS_GetString"]!(this.#context, error);
    const bytes = new Uint8Array(this.#memory.buffer);
    return text === 0
      ? "an error that has no text"
      : new TextDecoder().decode(bytes.slice(text, bytes.indexOf(0, text)));
  }

  settle(): void {
    const slot = this.#exports["malloc"]!(4);
    while (this.#exports["QTS_IsJobPending"]!(this.#runtime) !== 0) {
      const failed = this.#exports["QTS_ExecutePendingJob"]!(this.#runtime, -1, slot);
      if (failed !== 0 && performance.now() - this.#began > TIME_LIMIT_MS) return;
    }
  }
}
