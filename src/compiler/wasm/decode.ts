/**
 * The decoder of modules: from bytes to the sections as data (Wasm 2.0 core, 5).
 *
 * Function bodies are not looked into; the validator reads them. Throws nothing but `WasmError`.
 *
 * Tests: decode.test.ts, malformed.test.ts, mutation.test.ts.
 */
import { ByteReader } from "./byte-reader.ts";
import { readCustomSection } from "./custom-sections.ts";
import { ModuleDraft } from "./draft.ts";
import { malformed, tooLarge, unsupported } from "./error.ts";
import { MODULE_BYTES_LIMIT } from "./limits.ts";
import type { Module } from "./module.ts";
import { SECTIONS } from "./sections.ts";
import { COMPONENT_MODEL } from "./tables/reserved.ts";

const MAGIC = 0x6d736100; // "\0asm"
const VERSION = 1;
const COMPONENT_LAYER = 1;

const CUSTOM_SECTION = 0;
const SECTION_ORDER: readonly number[] = [...SECTIONS.keys()];

export function decodeModule(bytes: Uint8Array): Module {
  if (bytes.length > MODULE_BYTES_LIMIT) {
    throw tooLarge(0, `module of ${bytes.length} bytes`, MODULE_BYTES_LIMIT);
  }
  const draft = new ModuleDraft(bytes);
  const input = new ByteReader(bytes, 0, bytes.length);
  readHeader(input);
  for (let last = -1; !input.atEnd;) last = readSection(input, draft, last);
  checkLengths(draft);
  return draft;
}

function readHeader(input: ByteReader): void {
  const magic = input.skip(4);
  if (input.view.getUint32(magic, true) !== MAGIC) throw malformed(magic, "magic header not detected");
  const version = input.skip(4);
  const number = input.view.getUint32(version, true);
  if (number === VERSION) return;
  const reason = `unknown binary version 0x${number.toString(16)}`;
  if (number >>> 16 === COMPONENT_LAYER) throw unsupported(version, reason, COMPONENT_MODEL);
  throw malformed(version, reason);
}

/** Gives the place of the section in the order; custom sections may come anywhere. */
function readSection(input: ByteReader, draft: ModuleDraft, last: number): number {
  const offset = input.position;
  const id = input.byte();
  const section = SECTIONS.get(id);
  if (section === undefined && id !== CUSTOM_SECTION) throw malformed(offset, `malformed section id ${id}`);
  const contents = new ByteReader(input.bytes, input.sized(), input.position);
  if (section === undefined) {
    readCustomSection(contents, draft);
    return last;
  }
  const place = SECTION_ORDER.indexOf(id);
  if (place <= last) {
    throw malformed(offset, `unexpected content after last section: ${section.name} section out of order`);
  }
  section.read(contents, draft);
  if (!contents.atEnd)
    throw malformed(contents.position, `section size mismatch in the ${section.name} section`);
  return place;
}

function checkLengths(draft: ModuleDraft): void {
  const declared = draft.functionTypes.length - draft.importedFunctionCount;
  if (declared !== draft.bodies.length) {
    throw malformed(
      draft.bytes.length,
      `function and code section have inconsistent lengths, ${declared} and ${draft.bodies.length}`,
    );
  }
  const { dataCount, dataSegments } = draft;
  if (dataCount !== undefined && dataCount !== dataSegments.length) {
    throw malformed(
      draft.bytes.length,
      `data count and data section have inconsistent lengths, ${dataCount} and ${dataSegments.length}`,
    );
  }
}
