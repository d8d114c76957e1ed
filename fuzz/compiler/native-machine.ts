/** Skerry's compiler and its process target, as the machine under test: a fresh process for every module. */
import type { CompiledModule } from "../../src/abi/object.ts";
import { ValueType } from "../../src/abi/wasm.ts";
import { compileModule } from "../../src/compiler/compile.ts";
import { linkImages } from "../../src/linker/initial.harness.ts";
import type { ImportSource, Program, ProgramFunction } from "../../src/linker/program.ts";
import { linkForProcess } from "../../src/platform/process/platform.ts";
import { ProcessSession, type Outcome } from "../../src/targets/process/session.ts";
import type { WasmValue } from "../../src/targets/process/value.ts";
import {
  NOT_STARTED,
  showResults,
  showTrap,
  type Call,
  type Machine,
  type TestCase,
  type Value,
} from "./execution.ts";

const CALL_LIMIT_MS = 2000;
const RETURN = Uint8Array.of(0xc3);

/** `initial`: by what a module's constant expressions get where they belong. */
export function nativeMachine(initial: "code" | "data" = "code"): Machine {
  return { name: "skerry", run: (test) => run(test, initial), close: async () => {} };
}

async function run(test: TestCase, initial: "code" | "data"): Promise<string[]> {
  let session: ProcessSession | undefined;
  try {
    const module = compileModule(test.wasm, { initial });
    const program = programOf(module);
    const linked = initial === "data" ? linkImages(program) : linkForProcess(program);
    session = await ProcessSession.start(linked, { timeoutMs: CALL_LIMIT_MS });
    if (linked.instances[0]!.needsInitializer) {
      const started = await session.initialize(0);
      if (started.kind !== "returned") return [showOutcome(started)];
    }
    return await callAll(session, module, test.calls);
  } catch (error) {
    return [`${NOT_STARTED}: ${placeOf(error)}`];
  } finally {
    await session?.stop();
  }
}

/** The message, and where the compiler threw it: in one line. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frames = (error.stack ?? "").split("\n").filter((line) => /^ +at /.test(line));
  const places = frames.slice(0, 3).map((line) => /[\w.-]+:\d+(?=:\d+\)?$)/.exec(line)?.[0]);
  return `${error.message} (${places.join(", ")})`;
}

async function callAll(
  session: ProcessSession,
  module: CompiledModule,
  calls: readonly Call[],
): Promise<string[]> {
  const exported = new Map(module.exports.map((one) => [one.name, one.index]));
  const lines: string[] = [];
  for (const call of calls) {
    const values = call.values.map((value, index) => toBits(value, call.type.parameters[index]!));
    try {
      const outcome = await session.call(0, exported.get(call.name)!, values);
      lines.push(
        outcome.kind === "returned"
          ? showResults(outcome.values.map(fromBits), call.type)
          : showOutcome(outcome),
      );
      if (outcome.kind === "timedOut") break;
    } catch (error) {
      lines.push(`error: ${String(error)}`);
      break;
    }
  }
  return lines;
}

/** The module alone; functions it imports take their arguments and do nothing. */
function programOf(module: CompiledModule): Program {
  const functions: ProgramFunction[] = [];
  const imports = module.imports.map((one): ImportSource | undefined => {
    if (one.kind !== "function") return undefined;
    functions.push({ name: one.name, type: module.types[one.type]!, code: RETURN });
    return { kind: "function", index: functions.length - 1 };
  });
  return { instances: [{ module, imports }], functions };
}

function showOutcome(outcome: Outcome): string {
  return outcome.kind === "trapped" ? showTrap(outcome.trap) : `error: ${outcome.kind}`;
}

const view = new DataView(new ArrayBuffer(8));

function toBits(value: Value, type: ValueType): WasmValue {
  view.setBigUint64(0, 0n, true);
  if (type === ValueType.I32) view.setInt32(0, Number(value), true);
  else if (type === ValueType.I64) view.setBigInt64(0, BigInt(value), true);
  else if (type === ValueType.F32) view.setFloat32(0, Number(value), true);
  else view.setFloat64(0, Number(value), true);
  return { type, bits: view.getBigUint64(0, true) };
}

function fromBits({ type, bits }: WasmValue): Value {
  view.setBigUint64(0, BigInt.asUintN(64, bits), true);
  if (type === ValueType.I32) return view.getInt32(0, true);
  if (type === ValueType.I64) return view.getBigInt64(0, true);
  return type === ValueType.F32 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}
