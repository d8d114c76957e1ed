/**
 * What the compiler makes of small functions, kept as text: SSA form and machine code. A change shows up as a change
 * of these files, to be looked at and then taken: `SKERRY_BLESS=1 npm test -- golden`.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { CompiledFunction, CompiledModule } from "../abi/object.ts";
import { showFunctionType } from "../abi/wasm.ts";
import { listing } from "../x64/listing.ts";
import { compileModule } from "./compile.ts";
import { listGraph } from "./ir/listing.ts";
import { graphOf, sourcesOf } from "./stages.harness.ts";
import { wat } from "./wasm/module.harness.ts";

const FOLDER = path.join(import.meta.dirname, "testdata");
const BLESS = process.env["SKERRY_BLESS"] === "1";
/** As `listing` writes them: address, bytes, instruction. */
const LINE = /^ *([0-9a-f]+) {2}(?:[0-9a-f]{2} )+ *(.*)$/;
const COMMENT = /\s+;/;

async function describe(text: string): Promise<string> {
  const wasm = wat(text);
  const module = compileModule(wasm);
  const parts: string[] = [];
  for (const source of sourcesOf(wasm)) {
    const func = module.functions.find(({ index }) => index === source.index)!;
    parts.push(
      `${module.names[source.index] ?? source.index} ${showFunctionType(source.type)}\n`,
      listGraph(graphOf(source)),
      await code(module, func),
    );
  }
  return parts.join("\n");
}

/** Offsets count from the function's start; the bytes are left out. */
async function code(module: CompiledModule, { offset, sizeBytes }: CompiledFunction): Promise<string> {
  const text = await listing(module.code.subarray(offset, offset + sizeBytes), {
    relocations: within(module.relocations, 4, 1, offset, sizeBytes),
    traps: within(module.traps, 3, 0, offset, sizeBytes),
    functionName: (index) => module.names[index],
  });
  const lines = text.trimEnd().split("\n");
  return `${lines.map((line) => `  ${shortened(line)}`.trimEnd()).join("\n")}\n`;
}

function shortened(line: string): string {
  const [, address, rest] = LINE.exec(line)!;
  const [instruction, comment] = rest!.split(COMMENT);
  return `${address!.padStart(4)}  ${instruction!}${comment === undefined ? "" : `  ;${comment}`}`;
}

function within(
  records: Int32Array,
  width: number,
  field: number,
  offset: number,
  sizeBytes: number,
): Int32Array {
  const found: number[] = [];
  for (let at = 0; at < records.length; at += width) {
    const record = Array.from(records.subarray(at, at + width));
    record[field]! -= offset;
    if (record[field]! >= 0 && record[field]! < sizeBytes) found.push(...record);
  }
  return Int32Array.from(found);
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".wat"))) {
  test(`golden: ${file}`, async () => {
    const expected = path.join(FOLDER, file.replace(/wat$/, "txt"));
    const text = await describe(readFileSync(path.join(FOLDER, file), "utf8"));
    if (BLESS) writeFileSync(expected, text);
    assert.ok(existsSync(expected), "not there yet: SKERRY_BLESS=1 writes it");
    assert.equal(
      text,
      readFileSync(expected, "utf8"),
      "if it is as it should be: SKERRY_BLESS=1 npm test -- golden",
    );
  });
}
