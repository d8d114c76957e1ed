/**
 * The app's compartment on `node`: its modules linked, its calls to services watched, its traps caught.
 *
 * A service call lends the ranges it was given, for its own length: the kernel's `copyIn` and `copyOut` reach those
 * bytes and no others. A call within a call (the kernel enters the app, which calls again) lends its own ranges.
 *
 * A restart makes new instances of the same modules; the old ones are garbage.
 */
import { ENTRY_NAMES, SERVICES, SERVICE_NAMES, type Call, type ServiceName } from "../../abi/services.ts";
import { EnterStatus } from "../../abi/entry.ts";

type Word = number | bigint | undefined;
type Callable = (...values: Word[]) => Word;

export interface AppModules {
  readonly app: WebAssembly.Module;
  readonly engine?: WebAssembly.Module;
  readonly enginePages?: { readonly initial: number; readonly maximum: number };
  readonly script?: string;
}

/** The machine's end, thrown through Wasm frames: not an app's trap. */
export class MachineFault extends Error {}

/** Ranges one running service call has lent: pointer and end, at most two of each kind. */
interface Lent {
  readonly read: number[];
  readonly write: number[];
}

const NOTHING: Lent = { read: [], write: [] };

export class Compartment {
  readonly #modules: AppModules;
  readonly #services: WebAssembly.Imports;
  readonly #onTrap: (error: unknown) => void;
  #memory!: WebAssembly.Memory;
  #exports!: WebAssembly.Exports;
  #entries: readonly (Callable | undefined)[] = [];
  #lent: Lent = NOTHING;
  /** Entries that are running, one within the other. */
  #depth = 0;
  #trapped = false;

  /** Links `modules` to `kernel`'s service calls. `onTrap` hears of each trap before the kernel does. */
  constructor(modules: AppModules, kernel: () => WebAssembly.Exports, onTrap: (error: unknown) => void) {
    this.#modules = modules;
    this.#onTrap = onTrap;
    this.#services = this.#serviceImports(modules.app, kernel);
    this.#instantiate();
  }

  get memory(): WebAssembly.Memory {
    return this.#memory;
  }

  /** `compartment.enter` of the platform contract. */
  readonly enter = (entry: number, a: number, b: number): EnterStatus => {
    if (this.#trapped) throw new MachineFault("the kernel entered a compartment that has trapped");
    const target = this.#entries[entry];
    if (target === undefined) return EnterStatus.Absent;
    const lent = this.#lent;
    this.#lent = NOTHING;
    this.#depth++;
    try {
      target(a, b);
      return EnterStatus.Returned;
    } catch (error) {
      if (error instanceof MachineFault) throw error;
      this.#trapped = true;
      this.#onTrap(error);
      return EnterStatus.Trapped;
    } finally {
      this.#depth--;
      this.#lent = lent;
    }
  };

  /** `compartment.restart`. */
  readonly restart = (): void => {
    if (this.#depth > 0) throw new MachineFault("the kernel restarted a compartment that was running");
    this.#trapped = false;
    this.#instantiate();
  };

  /** `compartment.copyIn`: from the app's lent bytes to `target`. */
  copyIn(target: Uint8Array, appPointer: number, length: number): void {
    requireLent(this.#lent.read, appPointer >>> 0, length >>> 0);
    target.set(new Uint8Array(this.#memory.buffer, appPointer >>> 0, length >>> 0));
  }

  /** `compartment.copyOut`: from `source` to the app's lent bytes. */
  copyOut(appPointer: number, source: Uint8Array): void {
    requireLent(this.#lent.write, appPointer >>> 0, source.length);
    new Uint8Array(this.#memory.buffer, appPointer >>> 0, source.length).set(source);
  }

  /** New instances of everything. */
  #instantiate(): void {
    const { app, engine, enginePages, script } = this.#modules;
    if (engine === undefined) {
      const imports = { ...this.#services, env: { abort: this.#abort } };
      this.#exports = new WebAssembly.Instance(app, imports).exports;
      this.#memory = this.#exports["memory"] as WebAssembly.Memory;
    } else {
      if (enginePages === undefined) throw new Error("an engine needs its memory's limits");
      this.#memory = new WebAssembly.Memory(enginePages);
      this.#exports = this.#linkEngine(app, engine);
    }
    this.#entries = ENTRY_NAMES.map((name) => this.#exports[name] as Callable | undefined);
    if (script !== undefined) this.#placeScript(script);
  }

  /** Engine and glue import each other: the engine is linked first, through calls that look the glue up later. */
  #linkEngine(app: WebAssembly.Module, engine: WebAssembly.Module): WebAssembly.Exports {
    const env = { memory: this.#memory, abort: this.#abort };
    let glue: WebAssembly.Exports = {};
    const face: Record<string, Callable> = {};
    for (const item of WebAssembly.Module.imports(engine)) {
      if (item.kind !== "function") continue;
      face[item.name] = (...values) => (glue[item.name] as Callable)(...values);
    }
    const engineExports = new WebAssembly.Instance(engine, { face, env }).exports;
    glue = new WebAssembly.Instance(app, { ...this.#services, engine: engineExports, env }).exports;
    return glue;
  }

  /** The engine reads its script from its own memory, as UTF-8 with a zero behind it. */
  #placeScript(script: string): void {
    const bytes = new TextEncoder().encode(`${script}\0`);
    const pointer = (this.#exports["reserveSource"] as Callable)(bytes.length) as number;
    new Uint8Array(this.#memory.buffer).set(bytes, pointer >>> 0);
  }

  #serviceImports(app: WebAssembly.Module, kernel: () => WebAssembly.Exports): WebAssembly.Imports {
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const item of WebAssembly.Module.imports(app)) {
      if (!(SERVICE_NAMES as readonly string[]).includes(item.module)) continue;
      const call = SERVICES[item.module as ServiceName].calls[item.name];
      if (call === undefined) throw new Error(`no service call ${item.module}.${item.name}`);
      (imports[item.module] ??= {})[item.name] = this.#lending(call, () => {
        return kernel()[`${item.module}_${item.name}`] as Callable;
      });
    }
    return imports;
  }

  /** Wraps a service call: its ranges are checked against the app's memory, and lent while it runs. */
  #lending(call: Call, find: () => Callable): Callable {
    const ranges = rangesOf(call);
    let target: Callable | undefined;
    return (...values) => {
      target ??= find();
      const lent = this.#lent;
      if (ranges.length > 0) this.#lent = this.#lend(ranges, values);
      try {
        return target(...values);
      } catch (error) {
        throw error instanceof MachineFault
          ? error
          : new MachineFault("the kernel trapped", { cause: error });
      } finally {
        this.#lent = lent;
      }
    };
  }

  #lend(ranges: readonly Range[], values: readonly Word[]): Lent {
    const lent: Lent = { read: [], write: [] };
    const size = this.#memory.buffer.byteLength;
    for (const { at, access } of ranges) {
      const pointer = Number(values[at]) >>> 0;
      const end = pointer + (Number(values[at + 1]) >>> 0);
      if (end > size)
        throw new WebAssembly.RuntimeError(`range ${pointer}..${end} is outside the app's memory`);
      lent[access].push(pointer, end);
    }
    return lent;
  }

  readonly #abort = (message: number, file: number, line: number, column: number): void => {
    const text = message === 0 ? "abort" : assemblyString(this.#memory, message);
    throw new WebAssembly.RuntimeError(`${text} (${assemblyString(this.#memory, file)}:${line}:${column})`);
  };
}

interface Range {
  /** Index of the pointer among the flat arguments; the length follows it. */
  readonly at: number;
  readonly access: "read" | "write";
}

function rangesOf(call: Call): Range[] {
  const ranges: Range[] = [];
  let at = 0;
  for (const kind of call.parameters) {
    if (kind === "in" || kind === "out") {
      ranges.push({ at, access: kind === "in" ? "read" : "write" });
      at += 2;
    } else at += 1;
  }
  return ranges;
}

function requireLent(ranges: readonly number[], pointer: number, length: number): void {
  for (let index = 0; index < ranges.length; index += 2) {
    if (pointer >= ranges[index]! && pointer + length <= ranges[index + 1]!) return;
  }
  throw new MachineFault(`the kernel reached for bytes ${pointer}..${pointer + length} that no call lent`);
}

/** An AssemblyScript string: UTF-16, its length in bytes in the word before it. */
export function assemblyString(memory: WebAssembly.Memory, pointer: number): string {
  if (pointer === 0) return "";
  const length = new DataView(memory.buffer).getUint32(pointer - 4, true);
  return new TextDecoder("utf-16le").decode(new Uint8Array(memory.buffer, pointer, length));
}
