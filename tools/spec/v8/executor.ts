/**
 * Runs scripts on Node's own WebAssembly: the positive control of the runner, which says whether a failure is ours
 * or the runner's. A call that never returns hangs it; the process that runs the file is ended then.
 */
import { setFlagsFromString } from "node:v8";
import { TrapKind } from "../../../src/abi/trap.ts";
import { ValueType, type FunctionType } from "../../../src/abi/wasm.ts";
import { decodeModule } from "../../../src/compiler/wasm/decode.ts";
import { WasmError } from "../../../src/compiler/wasm/error.ts";
import { validateModule } from "../../../src/compiler/wasm/validate.ts";
import type { Blueprint, Compilation, ExecutorFace, Outcome } from "../executor.ts";
import type { Value } from "../value.ts";
import { Bridge, globalReader } from "./bridge.ts";

/** With the type reflection proposal, exports tell their types. */
interface ReflectedExport {
  readonly name: string;
  readonly kind: string;
  readonly type: {
    readonly parameters?: readonly string[];
    readonly results?: readonly string[];
    readonly value?: string;
    readonly mutable?: boolean;
  };
}

interface Live {
  readonly instance: WebAssembly.Instance;
  readonly exports: ReadonlyMap<string, ReflectedExport>;
  readonly bridges: Map<string, Bridge>;
}

const TYPES: Readonly<Record<string, ValueType>> = {
  i32: ValueType.I32,
  i64: ValueType.I64,
  f32: ValueType.F32,
  f64: ValueType.F64,
  v128: ValueType.V128,
  funcref: ValueType.FuncRef,
  externref: ValueType.ExternRef,
};

/** What V8 12 says of each trap; some of its messages stand for several. */
const TRAPS: readonly (readonly [message: RegExp, traps: readonly TrapKind[]])[] = [
  [/^unreachable$/, [TrapKind.Unreachable]],
  [/memory access out of bounds|data segment .*out of bounds/, [TrapKind.MemoryOutOfBounds]],
  [/unaligned/, [TrapKind.UnalignedAtomic]],
  [/(divide|remainder) by zero/, [TrapKind.DivideByZero]],
  [/divide result unrepresentable/, [TrapKind.IntegerOverflow]],
  [/float unrepresentable/, [TrapKind.IntegerOverflow, TrapKind.InvalidConversion]],
  [/table index is out of bounds/, [TrapKind.UndefinedElement, TrapKind.TableOutOfBounds]],
  [/(table|element segment).*out of bounds/, [TrapKind.TableOutOfBounds]],
  [/null function or function signature/, [TrapKind.UninitializedElement, TrapKind.IndirectCallMismatch]],
  [/call stack size exceeded/, [TrapKind.StackExhausted]],
];

export class V8Executor implements ExecutorFace<WebAssembly.Module> {
  #blueprints: readonly Blueprint<WebAssembly.Module>[] = [];
  readonly #live = new Map<number, Live>();

  constructor() {
    setFlagsFromString("--experimental-wasm-type-reflection");
    setFlagsFromString("--experimental-wasm-extended-const");
  }

  async compile(bytes: Uint8Array): Promise<Compilation<WebAssembly.Module>> {
    const unsupported = refusedAsUnsupported(bytes);
    if (unsupported !== undefined) return unsupported;
    try {
      const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
      const imports = WebAssembly.Module.imports(module).map((item) => item.module);
      return { kind: "compiled", module, imports };
    } catch (error) {
      if (!(error instanceof WebAssembly.CompileError || error instanceof RangeError)) throw error;
      return { kind: "refused", why: "unknown", message: error.message };
    }
  }

  async prepare(instances: readonly Blueprint<WebAssembly.Module>[]): Promise<void> {
    this.#blueprints = instances;
  }

  async instantiate(index: number): Promise<Outcome> {
    const { module, provider } = this.#blueprints[index]!;
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
    for (const item of WebAssembly.Module.imports(module)) {
      const from = provider(item.module, item.name);
      const value = from === undefined ? undefined : this.#live.get(from)?.instance.exports[item.name];
      const names = (imports[item.module] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>);
      if (value !== undefined) names[item.name] = value;
    }
    try {
      const instance = new WebAssembly.Instance(module, imports);
      const exports = WebAssembly.Module.exports(module) as unknown as readonly ReflectedExport[];
      const byName = new Map(exports.map((item) => [item.name, item]));
      this.#live.set(index, { instance, exports: byName, bridges: new Map() });
      return { kind: "returned", values: [] };
    } catch (error) {
      if (error instanceof WebAssembly.LinkError) return { kind: "unlinkable", message: error.message };
      return trapOutcome(error);
    }
  }

  async invoke(index: number, name: string, values: readonly Value[]): Promise<Outcome> {
    const live = this.#live.get(index);
    const item = live?.exports.get(name);
    if (live === undefined || item?.kind !== "function") {
      return { kind: "failed", message: "there is no such function" };
    }
    let bridge = live.bridges.get(name);
    if (bridge === undefined) {
      bridge = new Bridge(live.instance.exports[name]!, functionTypeOf(item));
      live.bridges.set(name, bridge);
    }
    return callBridge(bridge, values);
  }

  async get(index: number, name: string): Promise<Outcome> {
    const live = this.#live.get(index);
    const item = live?.exports.get(name);
    if (live === undefined || item?.kind !== "global")
      return { kind: "failed", message: "there is no such global" };
    const type = TYPES[item.type.value!]!;
    const reader = globalReader(type, item.type.mutable === true);
    const { exports } = new WebAssembly.Instance(reader, { "": { g: live.instance.exports[name]! } });
    return callBridge(new Bridge(exports["f"]!, { parameters: [], results: [type] }), []);
  }

  async stop(): Promise<void> {
    this.#live.clear();
  }
}

/** What we do not support is no test of ours, whatever V8 supports. */
function refusedAsUnsupported(bytes: Uint8Array): Compilation<never> | undefined {
  try {
    validateModule(decodeModule(bytes));
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    const { kind, message, proposal } = error;
    if (kind === "unsupported" && proposal !== undefined)
      return { kind: "refused", why: kind, message, proposal };
  }
  return undefined;
}

function functionTypeOf(item: ReflectedExport): FunctionType {
  const types = (names: readonly string[] | undefined): ValueType[] =>
    (names ?? []).map((name) => TYPES[name]!);
  return { parameters: types(item.type.parameters), results: types(item.type.results) };
}

function callBridge(bridge: Bridge, values: readonly Value[]): Outcome {
  try {
    return { kind: "returned", values: bridge.call(values) };
  } catch (error) {
    return trapOutcome(error);
  }
}

function trapOutcome(error: unknown): Outcome {
  if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) {
    return { kind: "failed", message: String(error) };
  }
  const traps = TRAPS.find(([message]) => message.test(error.message))?.[1];
  if (traps === undefined) return { kind: "failed", message: `a trap that is not known: ${error.message}` };
  return { kind: "trapped", traps, message: error.message };
}
