/** `skerry compile`: a module as machine code: its sizes, its listing, an executable. */
import { chmodSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { CompiledModule } from "../abi/object.ts";
import { showFunctionType } from "../abi/wasm.ts";
import { UserError } from "../image/user-error.ts";
import { readWasmMap } from "../image/wasm-map.ts";
import type { BuiltInCommand } from "../platform/process/built-in-command.ts";
import { writeExecutable } from "../platform/process/executable.ts";
import { functionType, resolveInvocation, splitInvocation, type Invocation } from "./exported-function.ts";
import { linkAlone } from "./link-alone.ts";
import { compileFile, type ModuleFile } from "./module-file.ts";
import { moduleListing } from "./module-listing.ts";
import { onlyEntry, usageError } from "./options.ts";

const EXECUTABLE_MODE = 0o755;
/** What a module that is a program exports (WASI application ABI). */
const START_NAME = "_start";

export async function compile(words: string[]): Promise<number> {
  const { options, invocation } = splitInvocation("compile", words);
  const { entry, output, listing, json } = parse(options);
  if (invocation !== undefined && output === undefined) {
    throw new UserError(
      "usage",
      "skerry compile --invoke needs -o FILE",
      "skerry run calls an export at once",
    );
  }
  if (output === "") throw new UserError("usage", "-o needs the name of a FILE");
  const compiled = await compileFile(entry);
  const facts = factsOf(compiled);
  const listed = listing ? await moduleListing(compiled.module, readMap(compiled)) : undefined;
  let executableBytes: number | undefined;
  if (output !== undefined) executableBytes = writeProgram(compiled, output, invocation);
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ event: "compiled", ...facts, executableBytes, listing: listed })}\n`,
    );
    return 0;
  }
  if (listed !== undefined) process.stdout.write(listed);
  (listed === undefined ? process.stdout : process.stderr).write(describe(compiled, facts));
  if (output !== undefined) process.stderr.write(`wrote ${output}: ${executableBytes} bytes\n`);
  return 0;
}

function parse(words: string[]) {
  let parsed;
  try {
    parsed = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        output: { type: "string", short: "o" },
        listing: { type: "boolean" },
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw usageError("compile", error);
  }
  const { output, listing = false, json = false } = parsed.values;
  return { entry: onlyEntry("compile", parsed.positionals), output, listing, json };
}

function readMap({ file, module }: ModuleFile) {
  return readWasmMap(file, module.sourceMapUrl);
}

function factsOf({ sizeBytes, module, compileMs }: ModuleFile) {
  return {
    functions: module.functions.length,
    wasmBytes: sizeBytes,
    codeBytes: module.code.length,
    constantBytes: module.constants.length,
    contextBytes: module.contextBytes,
    compileMs: Math.round(compileMs * 10) / 10,
  };
}

function describe({ file }: ModuleFile, facts: ReturnType<typeof factsOf>): string {
  const { functions, wasmBytes, codeBytes, constantBytes, contextBytes, compileMs } = facts;
  return (
    `${file}: ${functions} functions, ${wasmBytes} bytes of Wasm, compiled in ${compileMs} ms\n` +
    `  code ${codeBytes} bytes, constants ${constantBytes}, context ${contextBytes}\n`
  );
}

/** Its size in bytes. */
function writeProgram(compiled: ModuleFile, output: string, invocation: Invocation | undefined): number {
  const linked = linkAlone(compiled, { command: commandOf(compiled.module, invocation) });
  const bytes = writeExecutable(linked);
  try {
    writeFileSync(output, bytes, { mode: EXECUTABLE_MODE });
    chmodSync(output, EXECUTABLE_MODE);
  } catch (error) {
    throw new UserError("output", `${output} cannot be written: ${(error as Error).message}`);
  }
  return bytes.length;
}

/** What the executable does once the module is initialized. */
function commandOf(module: CompiledModule, invocation: Invocation | undefined): BuiltInCommand {
  if (invocation !== undefined) {
    const { functionIndex, values } = resolveInvocation(module, invocation);
    return { call: { instance: 0, functionIndex, arguments: values.map(({ bits }) => bits) } };
  }
  const start = module.exports.find(({ kind, name }) => kind === "function" && name === START_NAME);
  if (start === undefined) return { call: undefined };
  const type = functionType(module, start.index);
  if (type.parameters.length > 0) {
    throw new UserError("entry", `"${START_NAME}" takes no arguments, found ${showFunctionType(type)}`);
  }
  return { call: { instance: 0, functionIndex: start.index, arguments: [] } };
}
