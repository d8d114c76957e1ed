/**
 * A JavaScript app's compartment as it is after its start, taken while the image is built: the engine, the runtime and
 * the app's top level are evaluated here, and the memory that this leaves is what the image begins with.
 *
 * A top level that asks the machine for anything (time, randomness, console, network) would be given the builder's
 * answer for ever. Then the snapshot ends before the app, which is evaluated at each boot, and says what was asked for.
 * Nothing random is in a snapshot: the runtime takes `Math.random` from the kernel.
 *
 * Pure: the same modules and script give the same bytes.
 * Tests: snapshot.test.ts
 */
import { exportGlobals } from "./wasm-names.ts";

export interface SnapshotInput {
  readonly engine: Uint8Array;
  readonly glue: Uint8Array;
  /** Of the memory that the two share, in pages of 64 KiB. */
  readonly pages: { readonly initial: number; readonly maximum: number };
  readonly script: string;
}

export interface Snapshot {
  /** To the last byte that is not zero. */
  readonly memory: Uint8Array;
  readonly pages: number;
  /** Bits of each module's own globals, by index. */
  readonly engineGlobals: readonly bigint[];
  readonly glueGlobals: readonly bigint[];
  /** Why the app's top level is not in it; undefined: it is. */
  readonly left: LeftOut | undefined;
}

export interface LeftOut {
  /** What the top level does, as the sentence "its top level ..." goes on. */
  readonly does: string;
  /** Where, as the engine's stack says it. */
  readonly stack: string;
}

type Callable = (...values: number[]) => number;

/** What the app's top level asked of the machine, thrown through its frames. */
class Asked {
  readonly left: LeftOut;

  constructor(left: LeftOut) {
    this.left = left;
  }
}

/** What is asked for, as a sentence goes on: "its top level ...". */
const ASKED: Readonly<Record<string, string>> = {
  "clock.monotonic": "reads the clock, or sets a timer",
  "clock.realtime": "reads the time of day",
  "entropy.fill": "draws random numbers",
  "app.environment": "reads the environment",
  "app.exit": "ends the program",
  "console.write": "prints",
  "http.listen": "listens on a port",
  "fetch.begin": "asks another server",
  "assets.look": "asks for a file of the image",
};

export function takeSnapshot(input: SnapshotInput): Snapshot {
  const engine = new WebAssembly.Module(exportGlobals(input.engine) as BufferSource);
  const glue = new WebAssembly.Module(exportGlobals(input.glue) as BufferSource);
  let left: LeftOut | undefined;
  const compartment = new Compartment(engine, glue, input);
  try {
    if (compartment.call("prepareApp") === 0) left = { does: "throws", stack: "" };
  } catch (error) {
    // Whatever else goes wrong here goes wrong at boot again, where it is reported as the app's.
    left = error instanceof Asked ? error.left : { does: "does not end well", stack: "" };
  }
  // What was begun is of no use: another one, without the app.
  return (left === undefined ? compartment : new Compartment(engine, glue, input)).snapshot(left);
}

/** Engine, glue and script, the runtime evaluated. */
class Compartment {
  readonly #memory: WebAssembly.Memory;
  readonly #engine: WebAssembly.Exports;
  readonly #glue: WebAssembly.Exports;
  /** The engine asks for the time to seed its generator, which nobody uses. */
  #isOpening = true;

  constructor(engine: WebAssembly.Module, glue: WebAssembly.Module, { pages, script }: SnapshotInput) {
    this.#memory = new WebAssembly.Memory(pages);
    const env = { memory: this.#memory, abort: this.#ask("env.abort") };
    let exports: WebAssembly.Exports = {};
    const face: Record<string, Callable> = {};
    for (const { name, kind } of WebAssembly.Module.imports(engine)) {
      if (kind === "function") face[name] = (...values) => (exports[name] as Callable)(...values);
    }
    this.#engine = new WebAssembly.Instance(engine, { face, env }).exports;
    exports = new WebAssembly.Instance(glue, { ...this.#services(glue), engine: this.#engine, env }).exports;
    this.#glue = exports;
    const bytes = new TextEncoder().encode(`${script}\0`);
    new Uint8Array(this.#memory.buffer).set(bytes, this.call("reserveSource", bytes.length));
    this.call("prepareRuntime");
    this.#isOpening = false;
  }

  call(name: string, ...values: number[]): number {
    return (this.#glue[name] as Callable)(...values);
  }

  snapshot(left: LeftOut | undefined): Snapshot {
    const bytes = new Uint8Array(this.#memory.buffer);
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    return {
      memory: bytes.slice(0, end),
      pages: bytes.length / 65536,
      engineGlobals: globalsOf(this.#engine),
      glueGlobals: globalsOf(this.#glue),
      left,
    };
  }

  #ask(call: string): () => never {
    return () => {
      throw new Asked({ does: ASKED[call] ?? `calls ${call}`, stack: this.#isOpening ? "" : this.#stack() });
    };
  }

  #stack(): string {
    const bytes = new Uint8Array(this.#memory.buffer);
    const start = this.call("whereNow");
    return new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
  }

  #services(glue: WebAssembly.Module): WebAssembly.Imports {
    const imports: Record<string, Record<string, () => unknown>> = {};
    for (const { module, name, kind } of WebAssembly.Module.imports(glue)) {
      if (kind !== "function" || module === "engine" || module === "env") continue;
      const refuse = this.#ask(`${module}.${name}`);
      const answer = () => (this.#isOpening && name === "realtime" ? 0n : refuse());
      (imports[module] ??= {})[name] = answer;
    }
    return imports as WebAssembly.Imports;
  }
}

function globalsOf(exports: WebAssembly.Exports): bigint[] {
  const globals: bigint[] = [];
  for (let index = 0; ; index++) {
    const global = exports[`global ${index}`];
    if (global === undefined) return globals;
    const value = (global as WebAssembly.Global<"i32" | "i64">).value as number | bigint;
    globals.push(typeof value === "bigint" ? BigInt.asUintN(64, value) : BigInt.asUintN(32, BigInt(value)));
  }
}
