/** What the builder keeps for each label that is open. */
import type { ValueType } from "../../abi/wasm.ts";
import type { Block, Value } from "./graph.ts";

/** A label: where branches to it go, and what they bring. */
export interface Frame {
  readonly kind: "function" | "block" | "loop" | "if" | "else";
  /** What a branch to this label brings. */
  readonly labelTypes: readonly ValueType[];
  readonly endTypes: readonly ValueType[];
  /** Of the value stack below its parameters. */
  readonly height: number;
  readonly target: Block;
  /** Forward labels: locals and values of each predecessor of `target`. */
  readonly incomingLocals: (readonly Value[])[];
  readonly incomingValues: (readonly Value[])[];
  /** Of an `if` whose `else` has not come: the block, locals and parameters there. */
  otherwise:
    { readonly block: Block; readonly locals: Value[]; readonly values: readonly Value[] } | undefined;
  /** Loops: the locals with a phi in the header. */
  readonly loopLocals: readonly number[];
}
