/**
 * The code contract (docs/internals/code-contract.md), proven for a compiled module from its code and records alone.
 *
 * Nothing of the compiler is used but the records' form and the calling convention, and the code is decoded by
 * another's decoder: a mistake of the compiler is not repeated here.
 */
import type { CompiledModule } from "../../../src/abi/object.ts";
import { listing } from "../../../src/x64/listing.ts";
import { checkFunction } from "./flow.ts";
import { ModuleFacts } from "./module-facts.ts";
import type { Violation } from "./violation.ts";

const ALIGNMENT = 16;

export function checkModule(module: CompiledModule): Violation[] {
  const facts = new ModuleFacts(module);
  return [...checkGaps(facts), ...facts.functions.flatMap((func) => checkFunction(facts, func))];
}

/** Between functions stands nothing that can be executed: `ud2`, with a prefix where a byte is left over. */
function checkGaps({ module, functions }: ModuleFacts): Violation[] {
  const violations: Violation[] = [];
  const report = (offset: number, message: string) =>
    violations.push({ function: "module", offset, message });
  const sorted = [...functions].sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, sizeBytes } of [...sorted, { offset: module.code.length, sizeBytes: 0 }]) {
    if (offset < end) report(offset, "functions overlap");
    if (!isPadding(module.code.subarray(end, offset))) report(end, "holds something else than padding");
    if (offset % ALIGNMENT !== 0 && offset !== module.code.length)
      report(offset, "begins at no multiple of 16");
    end = offset + sizeBytes;
  }
  return violations;
}

function isPadding(bytes: Uint8Array): boolean {
  let at = bytes.length % 2;
  if (at === 1 && bytes[0] !== 0x66) return false;
  for (; at < bytes.length; at += 2) if (bytes[at] !== 0x0f || bytes[at + 1] !== 0x0b) return false;
  return true;
}

const LISTED_BEFORE = 12;
const LISTED_AFTER = 4;

/** The violations, each with the code around it. */
export async function showViolations(
  module: CompiledModule,
  violations: readonly Violation[],
): Promise<string> {
  const texts = violations.map(async (violation) => {
    const { message, offset } = violation;
    const where = `${violation.function}, 0x${offset.toString(16)}: ${message}`;
    return `${where}\n${await around(module, offset)}`;
  });
  return (await Promise.all(texts)).join("\n");
}

async function around(module: CompiledModule, offset: number): Promise<string> {
  const func = [...module.functions, module.initializer].find(
    (each) => offset >= each.offset && offset < each.offset + each.sizeBytes,
  );
  if (func === undefined) return "";
  const code = module.code.subarray(func.offset, func.offset + func.sizeBytes);
  const moved = (records: Int32Array, width: number, field: number) => {
    const found: number[] = [];
    for (let at = 0; at < records.length; at += width) {
      const record = Array.from(records.subarray(at, at + width));
      record[field]! -= func.offset;
      if (record[field]! >= 0 && record[field]! < func.sizeBytes) found.push(...record);
    }
    return Int32Array.from(found);
  };
  const text = await listing(code, {
    base: func.offset,
    relocations: moved(module.relocations, 4, 1),
    traps: moved(module.traps, 3, 0),
  });
  const lines = text.split("\n");
  const at = lines.findIndex((line) => Number.parseInt(line, 16) === offset);
  return lines.slice(Math.max(0, at - LISTED_BEFORE), at + LISTED_AFTER).join("\n");
}
