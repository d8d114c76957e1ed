/** Modules for the tests: from sections of bytes, and from text by wabt. */
import assert from "node:assert/strict";
import v8 from "node:v8";
import wabt from "wabt";
import { decodeModule } from "./decode.ts";
import { WasmError, type WasmErrorKind } from "./error.ts";
import type { ModuleFacts } from "./facts.ts";
import { validateModule } from "./validate.ts";

export type Bytes = readonly number[];

export const HEADER: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

export function section(id: number, contents: Bytes): number[] {
  return [id, ...leb(contents.length), ...contents];
}

export function vector(entries: readonly Bytes[]): number[] {
  return [...leb(entries.length), ...entries.flat()];
}

export function name(text: string): number[] {
  const bytes = Buffer.from(text);
  return [...leb(bytes.length), ...bytes];
}

export function moduleOf(...sections: readonly Bytes[]): Uint8Array {
  return Uint8Array.from([...HEADER, ...sections.flat()]);
}

/** One function of type () -> (), with these instructions and the final `end`. */
export function moduleWithCode(code: Bytes, ...between: readonly Bytes[]): Uint8Array {
  const body = [0x00, ...code, 0x0b];
  return moduleOf(
    section(1, vector([[0x60, 0x00, 0x00]])),
    section(3, vector([[0x00]])),
    ...between,
    section(10, vector([[...leb(body.length), ...body]])),
  );
}

const FEATURES = {
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  extended_const: true,
};

const { parseWat } = await wabt();

/** Not validated. */
export function wat(text: string): Uint8Array {
  const parsed = parseWat("test.wat", new TextEncoder().encode(text), FEATURES);
  try {
    return parsed.toBinary({ write_debug_names: true }).buffer.slice();
  } finally {
    parsed.destroy();
  }
}

/** Decodes and validates. Anything but a `WasmError` comes through. */
export function check(bytes: Uint8Array): { facts: ModuleFacts } | { error: WasmError } {
  try {
    return { facts: validateModule(decodeModule(bytes)) };
  } catch (error) {
    if (error instanceof WasmError) return { error };
    throw error;
  }
}

export interface Refusal {
  readonly kind: WasmErrorKind;
  readonly message: string;
  readonly offset?: number;
  readonly proposal?: string;
}

export function assertRefused(bytes: Uint8Array, expected: Refusal): void {
  const result = check(bytes);
  assert.ok("error" in result, `accepted, expected: ${expected.message}`);
  const { error } = result;
  assert.ok(error.message.includes(expected.message), `${error.message}, expected: ${expected.message}`);
  assert.equal(error.kind, expected.kind, error.message);
  if (expected.offset !== undefined) assert.equal(error.offset, expected.offset, error.message);
  assert.equal(error.proposal, expected.proposal, error.message);
}

export function assertAccepted(bytes: Uint8Array): ModuleFacts {
  const result = check(bytes);
  if ("error" in result) throw result.error;
  return result.facts;
}

// Node 20 has the extended constants behind a flag, later ones as a matter of course.
if (Number(process.versions.node.split(".")[0]) < 21)
  v8.setFlagsFromString("--experimental-wasm-extended-const");

/** Whether V8 accepts a module. */
export function acceptedByV8(bytes: Uint8Array): boolean {
  return WebAssembly.validate(new Uint8Array(bytes));
}
