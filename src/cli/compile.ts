/** `skerry compile`: a module as machine code: its sizes, its listing, an executable. */
import type { CompiledModule } from "../abi/object.ts";
import { showFunctionType } from "../abi/wasm.ts";
import { UserError } from "../image/user-error.ts";
import { readWasmMap } from "../image/wasm-map.ts";
import type { BuiltInCommand } from "../platform/process/built-in-command.ts";
import { writeExecutable } from "../platform/process/executable.ts";
import { defineCommand, onlyWord } from "./command.ts";
import { functionType, resolveInvocation, splitInvocation, type Invocation } from "./exported-function.ts";
import { linkAlone } from "./link-alone.ts";
import { compileFile, type ModuleFile } from "./module-file.ts";
import { moduleListing } from "./module-listing.ts";
import { JSON_OPTION } from "./options.ts";
import { printJson } from "./output.ts";
import { writeOutput } from "../library/written-file.ts";

const EXECUTABLE_MODE = 0o755;
/** What a module that is a program exports (WASI application ABI). */
const START_NAME = "_start";

export const compile = defineCommand({
  name: "compile",
  usage: ["MODULE.wasm [options]", "MODULE.wasm -o FILE --invoke NAME ARG..."],
  summary: "compile a .wasm module to machine code",
  about: [
    "Compiles a module ahead of time and prints its sizes. With -o, writes a Linux executable: it initializes the " +
      'module, calls its "_start", or what --invoke names, and exits with 0, or with 134 after a trap.',
  ],
  options: {
    output: { value: "FILE", short: "o", help: "write an executable" },
    listing: { help: "print the machine code with its functions, module bytes and source lines" },
    ...JSON_OPTION,
  },
  tail: "invoke",
  examples: ["skerry compile fib.wasm --listing", "skerry compile fib.wasm -o fib --invoke fib 30"],
  async run({ values, positionals, tail }) {
    const { output } = values;
    const invocation = tail === undefined ? undefined : splitInvocation("compile", tail);
    const entry = onlyWord("compile", "MODULE", "module.wasm", positionals);
    requireUse(output, invocation);
    const compiled = await compileFile(entry);
    const facts = factsOf(compiled);
    const listed =
      values.listing === true ? await moduleListing(compiled.module, readMap(compiled)) : undefined;
    const executableBytes = output === undefined ? undefined : writeProgram(compiled, output, invocation);
    if (values.json === true) {
      printJson({ event: "compiled", ...facts, executableBytes, listing: listed });
      return 0;
    }
    if (listed !== undefined) process.stdout.write(listed);
    (listed === undefined ? process.stdout : process.stderr).write(describe(compiled, facts));
    if (output !== undefined) process.stderr.write(`wrote ${output}: ${executableBytes} bytes\n`);
    return 0;
  },
});

function requireUse(output: string | undefined, invocation: Invocation | undefined): void {
  if (output === "") throw new UserError("usage", "-o needs the name of a FILE", "for instance: -o fib");
  if (invocation === undefined || output !== undefined) return;
  throw new UserError("usage", "skerry compile --invoke needs -o FILE", "skerry run calls an export at once");
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
  writeOutput(output, bytes, EXECUTABLE_MODE, [compiled.file]);
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
    throw new UserError(
      "entry",
      `"${START_NAME}" takes no arguments, found ${showFunctionType(type)}`,
      "name another export with --invoke",
    );
  }
  return { call: { instance: 0, functionIndex: start.index, arguments: [] } };
}
