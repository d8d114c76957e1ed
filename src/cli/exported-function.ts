/** The export that `--invoke NAME ARG...` names, with its arguments as values. */
import type { CompiledModule, ModuleExport } from "../abi/object.ts";
import { showFunctionType, type FunctionType } from "../abi/wasm.ts";
import { escapeControls } from "../image/escape-controls.ts";
import { UserError } from "../image/user-error.ts";
import { parseValue, ValueError, type WasmValue } from "../targets/process/value.ts";

export interface Invocation {
  readonly name: string;
  readonly words: readonly string[];
}

/** `words` from `--invoke` on: everything behind it belongs to it, an argument may begin with `-`. */
export function splitInvocation(command: string, words: readonly string[]): Invocation {
  const joined = /^--invoke=(.*)$/s.exec(words[0]!);
  const [name, ...rest] = joined === null ? words.slice(1) : [joined[1]!, ...words.slice(1)];
  if (name !== undefined && name !== "") return { name, words: rest };
  throw new UserError(
    "usage",
    "--invoke needs the NAME of an export",
    `for instance: skerry ${command} module.wasm --invoke add 2 3`,
  );
}

export interface ResolvedInvocation {
  readonly functionIndex: number;
  readonly type: FunctionType;
  readonly values: readonly WasmValue[];
}

export function resolveInvocation(module: CompiledModule, { name, words }: Invocation): ResolvedInvocation {
  const found = module.exports.find((item) => item.name === name);
  if (found === undefined) {
    throw new UserError("invoke", `the module exports no "${name}"`, describeExports(module));
  }
  if (found.kind !== "function") {
    throw new UserError("invoke", `"${name}" is a ${found.kind}, not a function`, describeExports(module));
  }
  const type = functionType(module, found.index);
  if (words.length !== type.parameters.length) {
    const expected = type.parameters.length;
    throw new UserError(
      "invoke",
      `"${name}" takes ${expected} argument${expected === 1 ? "" : "s"}, found ${words.length}`,
      `its type is ${showFunctionType(type)}`,
    );
  }
  const values = words.map((word, index) => parseArgument(name, word, index, type));
  return { functionIndex: found.index, type, values };
}

export function functionType(module: CompiledModule, index: number): FunctionType {
  const imported = module.imports.flatMap((item) => (item.kind === "function" ? [item.type] : []));
  return module.types[imported[index] ?? module.functions[index - imported.length]!.type]!;
}

function parseArgument(name: string, word: string, index: number, type: FunctionType): WasmValue {
  try {
    return parseValue(word, type.parameters[index]!);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const hint = `its type is ${showFunctionType(type)}`;
    throw new UserError("invoke", `argument ${index + 1} of "${name}": ${error.message}`, hint);
  }
}

function describeExports(module: CompiledModule): string {
  const functions = module.exports.filter((item: ModuleExport) => item.kind === "function");
  if (functions.length === 0) return "it exports no function";
  const list = functions.map(({ name, index }) => `${name} ${showFunctionType(functionType(module, index))}`);
  return `its functions are: ${escapeControls(list.join(", "))}`;
}
