/** Test cases as files: `NAME.wasm` beside `NAME.json`, which has the calls. */
import path from "node:path";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { ValueType, valueTypeName, type FunctionType } from "../../src/abi/wasm.ts";
import type { Call, TestCase, Value } from "./execution.ts";

interface CallText {
  readonly name: string;
  /** `i32:5`: a NaN is `f64:NaN`. */
  readonly arguments: readonly string[];
  readonly results: readonly string[];
}

const TYPES = new Map(
  [ValueType.I32, ValueType.I64, ValueType.F32, ValueType.F64].map((type) => [valueTypeName(type), type]),
);

/** Writes a case and a line that says what is wrong with it. */
export function writeCase(folder: string, name: string, test: TestCase, description: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${name}.wasm`), test.wasm);
  const calls = test.calls.map((call): CallText => ({
    name: call.name,
    arguments: call.values.map((value, index) => showArgument(value, call.type.parameters[index]!)),
    results: call.type.results.map(valueTypeName),
  }));
  const file = path.join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ description, calls }, undefined, 2)}\n`);
  return file;
}

export function readCase(folder: string, name: string): TestCase {
  const wasm = new Uint8Array(readFileSync(path.join(folder, `${name}.wasm`)));
  const { calls } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8")) as {
    calls: readonly CallText[];
  };
  return { wasm, calls: calls.map(readCall) };
}

/** The names of the cases in a folder, which need not exist. */
export function caseNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

function readCall(text: CallText): Call {
  const split = text.arguments.map((one) => one.split(":") as [string, string]);
  const type: FunctionType = {
    parameters: split.map(([name]) => typeCalled(name)),
    results: text.results.map(typeCalled),
  };
  const values = split.map(([name, value]): Value => (name === "i64" ? BigInt(value) : Number(value)));
  return { name: text.name, type, values };
}

function typeCalled(name: string): ValueType {
  const type = TYPES.get(name);
  if (type === undefined) throw new Error(`no value type ${name}`);
  return type;
}

function showArgument(value: Value, type: ValueType): string {
  return `${valueTypeName(type)}:${Object.is(value, -0) ? "-0" : String(value)}`;
}
