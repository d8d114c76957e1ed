/** What the linker may do to compiled code: fill in fields, and nothing else. */
import { Relocation } from "../../../src/abi/object.ts";
import type { LinkedProgram } from "../../../src/linker/linked.ts";

/** Offsets in the code section, of bytes that differ from a module's own outside of its fields. */
export function findChanges({ instances, sections }: LinkedProgram): number[] {
  const changed: number[] = [];
  for (const { module, code } of instances) {
    const isField = new Uint8Array(module.code.length);
    for (let at = 0; at < module.relocations.length; at += 4) {
      const sizeBytes = module.relocations[at] === Relocation.FunctionReference ? 8 : 4;
      isField.fill(1, module.relocations[at + 1]!, module.relocations[at + 1]! + sizeBytes);
    }
    for (const [offset, byte] of module.code.entries()) {
      if (isField[offset] === 0 && sections.code.bytes[code + offset] !== byte) changed.push(code + offset);
    }
  }
  return changed;
}

/** Entries of jump tables, as offsets in the module's code, that lead elsewhere than the module says. */
export function findStrayJumps({ instances, sections: { code, constants } }: LinkedProgram): number[] {
  const view = new DataView(constants.bytes.buffer, constants.bytes.byteOffset);
  const stray: number[] = [];
  for (const { module, code: start } of instances) {
    const tables = new Map<number, number[]>();
    for (let at = 0; at < module.jumps.length; at += 3) {
      const [entry, table, target] = module.jumps.subarray(at, at + 3) as unknown as [number, number, number];
      tables.set(table, [...(tables.get(table) ?? []), entry, target]);
    }
    for (const [table, entries] of tables) {
      const placed = placeOfTable(module, table, { code, constants, start });
      for (let at = 0; at < entries.length; at += 2) {
        const distance = view.getInt32(placed + entries[at]! - table, true);
        const target = constants.address + placed + distance - code.address - start;
        if (target !== entries[at + 1]) stray.push(entries[at]!);
      }
    }
  }
  return stray;
}

/** Where a field of the code says that the table is, as an offset in the constants. */
function placeOfTable(
  { relocations }: LinkedProgram["instances"][0]["module"],
  table: number,
  {
    code,
    constants,
    start,
  }: Pick<LinkedProgram["sections"], "code" | "constants"> & { readonly start: number },
): number {
  for (let at = 0; at < relocations.length; at += 4) {
    if (relocations[at] !== Relocation.Constant || relocations[at + 2] !== table) continue;
    const field = start + relocations[at + 1]!;
    const view = new DataView(code.bytes.buffer, code.bytes.byteOffset);
    return code.address + field + 4 + view.getInt32(field, true) - constants.address;
  }
  throw new Error(`no code names the jump table at ${table}`);
}
