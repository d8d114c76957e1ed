/** Which locals each loop of a body assigns: exactly those need a phi in its header. */
import { InstructionReader } from "../wasm/instruction.ts";
import type { Body, Module } from "../wasm/module.ts";

/** By the byte of the `loop` instruction: local indices, ascending. */
export function localsAssignedInLoops(module: Module, body: Body): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, readonly number[]>();
  /** One for each open label; undefined where it is no loop. */
  const open: ({ offset: number; locals: Set<number> } | undefined)[] = [];
  const reader = new InstructionReader(module, body);
  while (reader.next()) {
    switch (reader.opcode) {
      case 0x02:
      case 0x04:
        open.push(undefined);
        break;
      case 0x03:
        open.push({ offset: reader.offset, locals: new Set() });
        break;
      case 0x0b: {
        const loop = open.pop();
        if (loop === undefined) break;
        found.set(
          loop.offset,
          [...loop.locals].sort((a, b) => a - b),
        );
        // What an inner loop assigns, the outer one does too.
        const outer = open.findLast((label) => label !== undefined);
        if (outer !== undefined) for (const local of loop.locals) outer.locals.add(local);
        break;
      }
      case 0x21:
      case 0x22:
        open.findLast((label) => label !== undefined)?.locals.add(reader.index);
        break;
    }
  }
  return found;
}
