/**
 * A module that runs twice: compiled by us as a Linux process, and on V8. Tests give both the same and compare.
 *
 * Exported functions take and give i64 (bit patterns: numbers in JavaScript lose a NaN's payload) or i32.
 */
import type { TestContext } from "node:test";
import { TRAP_MESSAGES } from "../../../abi/trap.ts";
import { ValueType } from "../../../abi/wasm.ts";
import { linkForProcess } from "../../../platform/process/platform.ts";
import { ProcessSession } from "../../../targets/process/session.ts";
import { compileModule } from "../../compile.ts";
import { wat } from "../../wasm/module.harness.ts";

/** The result's bits as hexadecimal digits, "" for none, or `trap` and, of ours, its message. */
export type Outcome = string;

export interface Twin {
  ours(name: string, ...args: bigint[]): Promise<Outcome>;
  /** Traps are `trap`. */
  v8(name: string, ...args: bigint[]): Outcome;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  read(offset: number, length: number): Promise<{ ours: Uint8Array; v8: Uint8Array }>;
}

export async function twinOf(context: TestContext, text: string): Promise<Twin> {
  const bytes = wat(text);
  const module = compileModule(bytes);
  const session = await ProcessSession.start(linkForProcess({ instances: [{ module, imports: [] }] }));
  context.after(() => session.stop());
  await session.initialize(0);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes.slice()));
  const memoryOfV8 = () => new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer);
  const functions = new Map(module.exports.map(({ name, index }) => [name, index]));
  const typeOf = (index: number) => {
    const compiled = module.functions.find((each) => each.index === index)!;
    return module.types[compiled.type]!;
  };
  return {
    async ours(name, ...args) {
      const index = functions.get(name)!;
      const { parameters } = typeOf(index);
      const values = parameters.map((type, at) => ({ type, bits: unsigned(type, args[at]!) }));
      const outcome = await session.call(0, index, values);
      if (outcome.kind === "returned") return outcome.values.map(({ bits }) => bits.toString(16)).join();
      return outcome.kind === "trapped" ? `trap: ${TRAP_MESSAGES[outcome.trap]}` : outcome.kind;
    },
    v8(name, ...args) {
      const { parameters, results } = typeOf(functions.get(name)!);
      const values = parameters.map((type, at) =>
        type === ValueType.I64 ? args[at]! : Number(BigInt.asIntN(32, args[at]!)),
      );
      try {
        const call = exports[name] as (...values: (number | bigint)[]) => unknown;
        const given = call(...values);
        const list = results.length === 1 ? [given] : ((given ?? []) as unknown[]);
        return results.map((type, at) => unsigned(type, BigInt(list[at] as number)).toString(16)).join();
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) return "trap";
        throw error;
      }
    },
    async write(offset, data) {
      memoryOfV8().set(data, offset);
      await session.writeMemory(0, offset, data);
    },
    async read(offset, length) {
      const ours = Uint8Array.from(await session.readMemory(0, offset, length));
      return { ours, v8: memoryOfV8().slice(offset, offset + length) };
    },
  };
}

function unsigned(type: ValueType, bits: bigint): bigint {
  return BigInt.asUintN(type === ValueType.I32 ? 32 : 64, bits);
}
