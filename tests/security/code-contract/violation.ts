/** What breaks the contract, and where. */
import type { Decoded } from "./decode.ts";

export interface Violation {
  readonly function: string;
  /** In the module's code. */
  readonly offset: number;
  readonly message: string;
}

/** Thrown by the steps of the checker at the instruction that breaks the contract. */
export class Broken extends Error {}

export function requireThat(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Broken(message);
}

export function showInstruction({ mnemonic, operands }: Decoded): string {
  return `${mnemonic.toLowerCase()} (${operands.map(({ kind }) => kind).join(", ")})`;
}
