/**
 * Decodes custom sections: the names of functions, and where the source map is.
 *
 * Their contents are nobody's business but ours, so one that is broken means only that its information is missing.
 */
import { ByteReader } from "./byte-reader.ts";
import type { ModuleDraft } from "./draft.ts";
import { WasmError } from "./error.ts";

const FUNCTION_NAMES = 1;

export function readCustomSection(input: ByteReader, draft: ModuleDraft): void {
  const name = input.name();
  const bytes = input.bytes.subarray(input.position, input.end);
  draft.customSections.push({ name, bytes });
  const contents = new ByteReader(input.bytes, input.position, input.end);
  if (name === "name") draft.functionNames = tolerate(() => readFunctionNames(contents), new Map());
  else if (name === "sourceMappingURL") draft.sourceMapUrl = tolerate(() => contents.name(), undefined);
  input.position = input.end;
}

function tolerate<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WasmError) return otherwise;
    throw error;
  }
}

function readFunctionNames(input: ByteReader): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  while (!input.atEnd) {
    const id = input.byte();
    const start = input.sized();
    if (id !== FUNCTION_NAMES) continue;
    const subsection = new ByteReader(input.bytes, start, input.position);
    for (let left = subsection.count(); left > 0; left--) names.set(subsection.u32(), subsection.name());
  }
  return names;
}
