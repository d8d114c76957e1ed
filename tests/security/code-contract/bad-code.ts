/**
 * Code that breaks the contract in one way each, beside code that does the same and keeps it: what a checker must
 * refuse and accept.
 */
import type { CompiledModule } from "../../../src/abi/object.ts";
import { ValueType, type FunctionType } from "../../../src/abi/wasm.ts";
import type { Shorthand } from "../../../src/linker/shorthand.ts";
import { compiledModule, type TestModule } from "../../../src/linker/test-module.ts";

export interface BadCode {
  readonly name: string;
  readonly type?: FunctionType;
  readonly parts?: TestModule;
  /** Inside a frame of 8 bytes. */
  readonly bad: (a: Shorthand) => void;
  readonly good: (a: Shorthand) => void;
  /** What the violation says. */
  readonly says: RegExp;
  /** Changes the compiled bytes of the bad code. */
  readonly damage?: (module: CompiledModule) => CompiledModule;
}

export const I32 = ValueType.I32;
export const I64 = ValueType.I64;
export const FUNCREF = ValueType.FuncRef;
export const NOTHING: FunctionType = { parameters: [], results: [] };
export const takes = (...parameters: ValueType[]): FunctionType => ({ parameters, results: [] });
export const PAGE = { imported: false, limits: { minimum: 1, maximum: undefined }, shared: false };

/** The module that a case's code makes; `isBad` chooses which of the two. */
export function moduleOf(
  { type = NOTHING, parts, bad, good, damage }: BadCode,
  isBad: boolean,
): CompiledModule {
  const made = compiledModule({
    memory: PAGE,
    ...parts,
    functions: [{ name: "f", type, emit: isBad ? bad : good }, ...(parts?.functions ?? [])],
  });
  return isBad && damage !== undefined ? damage(made) : made;
}
