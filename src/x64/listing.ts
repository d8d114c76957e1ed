/**
 * Machine code as text, in Intel's syntax, for people: offset, bytes, instruction, and what the linker will write.
 *
 * The disassembler is loaded when the first listing is asked for: no build pays for it.
 * Tests: listing.test.ts.
 */
import { Relocation, Routine } from "../abi/object.ts";
import { TRAP_MESSAGES, type TrapKind } from "../abi/trap.ts";

export interface ListingOptions {
  /** Address of the code's first byte; 0 unless given. */
  readonly base?: number;
  /** As in `CompiledModule`: kind, offset, index, addend. In any order. */
  readonly relocations?: Int32Array;
  /** As in `CompiledModule`: offset, `TrapKind`, byte in the module. In any order. */
  readonly traps?: Int32Array;
  /** Lines above the instruction at an offset: function names, block numbers. */
  readonly titles?: ReadonlyMap<number, string>;
  /** By index, for calls and references. */
  readonly functionName?: (index: number) => string | undefined;
}

/** Bytes of an instruction before its text; longer ones push their text to the right. */
const BYTES_COLUMN = 10;
const TEXT_COLUMN = 40;

const ROUTINE_NAMES: Readonly<Record<Routine, string>> = {
  [Routine.Copy]: "copy",
  [Routine.Fill]: "fill",
  [Routine.FillReferences]: "fill references",
  [Routine.MemoryGrow]: "memory grow",
  [Routine.TableGrow]: "table grow",
};

const RELOCATION_NAMES: Readonly<Record<Relocation, string>> = {
  [Relocation.Function]: "function",
  [Relocation.Routine]: "routine",
  [Relocation.Context]: "context byte",
  [Relocation.Constant]: "constant at",
  [Relocation.ConstantTable]: "constant table",
  [Relocation.DataSegment]: "data segment",
  [Relocation.ElementSegment]: "element segment",
  [Relocation.Signature]: "signature",
  [Relocation.FunctionReference]: "reference to function",
  [Relocation.CodeBase]: "code base",
};

/** One instruction a line. Bytes that are no instruction are shown as `(bad)`. */
export async function listing(code: Uint8Array, options: ListingOptions = {}): Promise<string> {
  const { Code, Decoder, DecoderOptions, Formatter, FormatterSyntax } = await import("iced-x86");
  const base = options.base ?? 0;
  const comments = commentsOf(options);
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Intel);
  formatter.hexPrefix = "0x";
  formatter.hexSuffix = "";
  formatter.uppercaseHex = false;
  formatter.spaceAfterOperandSeparator = true;
  formatter.ripRelativeAddresses = true;
  formatter.branchLeadingZeros = false;
  decoder.ip = BigInt(base);
  const lines: string[] = [];
  const digits = Math.max(4, (base + code.length).toString(16).length);
  for (let offset = 0; decoder.canDecode;) {
    const instruction = decoder.decode();
    // What is no instruction counts as one byte, so that the next one is found.
    const end = offset + (instruction.code === Code.INVALID ? 1 : instruction.length);
    if (end !== offset + instruction.length) {
      decoder.position = end;
      decoder.ip = BigInt(base + end);
    }
    const title = options.titles?.get(offset);
    if (title !== undefined) lines.push(title);
    const address = (base + offset).toString(16).padStart(digits);
    const bytes = hexOf(code.subarray(offset, end)).padEnd(BYTES_COLUMN * 3);
    lines.push(withComments(`${address}  ${bytes} ${formatter.format(instruction)}`, comments, offset, end));
    instruction.free();
    offset = end;
  }
  formatter.free();
  decoder.free();
  return lines.map((line) => `${line}\n`).join("");
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** By code offset. */
function commentsOf(options: ListingOptions): Map<number, string> {
  const comments = new Map<number, string>();
  const add = (offset: number, text: string): void => {
    const before = comments.get(offset);
    comments.set(offset, before === undefined ? text : `${before}, ${text}`);
  };
  const { relocations = new Int32Array(0), traps = new Int32Array(0) } = options;
  for (let at = 0; at < traps.length; at += 3) {
    add(traps[at]!, `traps: ${TRAP_MESSAGES[traps[at + 1]! as TrapKind]}`);
  }
  for (let at = 0; at < relocations.length; at += 4) {
    add(relocations[at + 1]!, target(relocations[at]!, relocations[at + 2]!, options));
  }
  return comments;
}

function target(kind: Relocation, index: number, options: ListingOptions): string {
  if (kind === Relocation.Routine) return `routine ${ROUTINE_NAMES[index as Routine]}`;
  if (kind === Relocation.CodeBase) return RELOCATION_NAMES[kind];
  const isFunction = kind === Relocation.Function || kind === Relocation.FunctionReference;
  const name = isFunction ? options.functionName?.(index) : undefined;
  return `${RELOCATION_NAMES[kind]} ${index}${name === undefined ? "" : ` ${name}`}`;
}

function withComments(line: string, comments: Map<number, string>, from: number, to: number): string {
  const found: string[] = [];
  for (let offset = from; offset < to; offset++) {
    const comment = comments.get(offset);
    if (comment !== undefined) found.push(comment);
  }
  return found.length === 0 ? line : `${line.padEnd(BYTES_COLUMN * 3 + TEXT_COLUMN)} ; ${found.join(", ")}`;
}
