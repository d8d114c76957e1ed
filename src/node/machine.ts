/** The runtime's side of Node's modules: see `src/runtime/machine-calls.ts`. */
import { MACHINE, type Machine } from "../runtime/machine-calls.ts";

export const machine = (globalThis as unknown as { readonly [MACHINE]: Machine })[MACHINE];
