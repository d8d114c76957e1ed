/** V8 as the machine that is right. In this process: all that is generated ends. */
import v8 from "node:v8";
import { TrapKind } from "../../src/abi/trap.ts";
import { NOT_STARTED, showResults, showTrap, type Machine, type TestCase, type Value } from "./execution.ts";
import { silentImports } from "./silent-imports.ts";

const TRAPS: readonly (readonly [RegExp, TrapKind])[] = [
  [/unreachable/, TrapKind.Unreachable],
  [/memory access out of bounds|data segment/, TrapKind.MemoryOutOfBounds],
  [/(divide|remainder) by zero/, TrapKind.DivideByZero],
  [/divide result unrepresentable/, TrapKind.IntegerOverflow],
  [/float unrepresentable/, TrapKind.InvalidConversion],
  [/table (index|access)|element segment/, TrapKind.TableOutOfBounds],
  [/null function|signature mismatch/, TrapKind.IndirectCallMismatch],
  [/call stack/, TrapKind.StackExhausted],
];

type Callable = (...values: readonly Value[]) => Value | readonly Value[] | undefined;

/** With V8's flags as they are, or with those of one of its compilers. */
export function v8Machine(compiler?: "liftoff" | "turbofan"): Machine {
  return {
    name: compiler ?? "v8",
    run: async (test) => runInV8(test, compiler),
    close: async () => {},
  };
}

function runInV8(test: TestCase, compiler: string | undefined): string[] {
  let exports: WebAssembly.Exports;
  try {
    exports = new WebAssembly.Instance(compile(test.wasm, compiler), silentImports(test.wasm)).exports;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return [showError(error)];
    return [`${NOT_STARTED}: ${String(error)}`];
  }
  return test.calls.map((call) => {
    try {
      const results = (exports[call.name] as Callable)(...call.values);
      return showResults(Array.isArray(results) ? (results as Value[]) : [results as Value], call.type);
    } catch (error) {
      return showError(error);
    }
  });
}

function compile(wasm: Uint8Array, compiler: string | undefined): WebAssembly.Module {
  if (compiler === undefined) return new WebAssembly.Module(wasm as BufferSource);
  v8.setFlagsFromString(compiler === "liftoff" ? "--liftoff" : "--no-liftoff");
  // V8 has one compilation of equal bytes: a custom section with the compiler's name makes them differ.
  const name = new TextEncoder().encode(compiler);
  return new WebAssembly.Module(Buffer.concat([wasm, Uint8Array.of(0, name.length + 1, name.length), name]));
}

function showError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const found = TRAPS.find(([pattern]) => pattern.test(message));
  return found === undefined ? `error: ${message}` : showTrap(found[1]);
}
