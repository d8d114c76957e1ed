/**
 * The `process` platform: a program as one static Linux executable for x86-64.
 *
 * The composition of its start-up code; each concern has its file: memories, tables and stack (`start.ts`), faults
 * (`signals.ts`), calls from outside (`entry-stub.ts`), the session (`command-loop.ts`) or the one command of an
 * executable that stands alone (`built-in-command.ts`), growth (`grow.ts`).
 *
 * Tests: src/targets/process/session.test.ts
 */
import type { LinkedParts, LinkedProgram } from "../../linker/linked.ts";
import { link } from "../../linker/link.ts";
import { Place, type Platform, type PlatformCode } from "../../linker/platform.ts";
import type { Program } from "../../linker/program.ts";
import { Shorthand } from "../../linker/shorthand.ts";
import { Padding } from "../../x64/assembler.ts";
import { emitBuiltInCommand, writeArguments, type BuiltInCommand } from "./built-in-command.ts";
import { emitCommandLoop } from "./command-loop.ts";
import { emitEntryStub } from "./entry-stub.ts";
import { emitMemoryGrow } from "./grow.ts";
import { emitTableGrow } from "../compartment/table-grow.ts";
import { writeRecords } from "./records.ts";
import { emitSignalHandler, emitSignalRestorer, emitSignalSetup } from "./signals.ts";
import { emitMemories, emitParentWatch, emitStack, emitTables, emitWords } from "./start.ts";
import { STATE_BYTES } from "./state.ts";
import { emitExit, emitMessage } from "./system-call.ts";

const DEFAULT_STACK_BYTES = 8 * 1024 * 1024;
const ALIGNMENT = 16;
/** As a shell counts a process that aborted: 128 + SIGABRT. */
export const TRAP_STATUS = 134;
/** EX_OSERR. */
const NO_RESOURCES_STATUS = 71;

const TRAP_MESSAGE = "skerry: the program trapped\n";
const NO_RESOURCES_MESSAGE = "skerry: the system refused memory or signal handlers to the program\n";

export interface ProcessOptions {
  /** Of the native stack; a multiple of a page. */
  readonly stackBytes?: number;
  /** Makes an executable that stands alone instead of one that serves a session. */
  readonly command?: BuiltInCommand;
}

/** Links `program` for this platform. Throws a `LinkError` where an import is not satisfied. */
export function linkForProcess(program: Program, options: ProcessOptions = {}): LinkedProgram {
  return link(program, processPlatform(options));
}

export function processPlatform(options: ProcessOptions): Platform {
  return { stateBytes: STATE_BYTES, emit: (parts) => emitPlatform(parts, options) };
}

function emitPlatform(parts: LinkedParts, options: ProcessOptions): PlatformCode {
  const a = new Shorthand();
  const text = new TextEncoder().encode(TRAP_MESSAGE + NO_RESOURCES_MESSAGE);
  const commandArguments = writeArguments(options.command?.call?.arguments ?? []);
  const rest = new Uint8Array(commandArguments.length + text.length);
  rest.set(commandArguments);
  rest.set(text, commandArguments.length);
  const records = writeRecords(parts, rest);
  const trapText = records.end + commandArguments.length;

  const [failed, recover, handler, restorer] = [a.label(), a.label(), a.label(), a.label()];
  const stubs = parts.signatures.map(() => a.label());
  const entry = begin(a);
  if (options.command === undefined) emitParentWatch(a);
  emitMemories(a, parts, records, failed);
  emitTables(a, parts, records, failed);
  emitWords(a, parts, records);
  emitStack(a, options.stackBytes ?? DEFAULT_STACK_BYTES, failed);
  emitSignalSetup(a, handler, restorer, failed);
  if (options.command === undefined) {
    emitCommandLoop(a, { loop: a.label(), recover });
  } else {
    emitBuiltInCommand(a, parts, options.command, records.end, stubs);
    a.bind(recover);
    emitMessage(a, Place.ReadOnly, trapText, TRAP_MESSAGE.length);
    emitExit(a, TRAP_STATUS);
  }
  a.bind(failed);
  emitMessage(a, Place.ReadOnly, trapText + TRAP_MESSAGE.length, NO_RESOURCES_MESSAGE.length);
  emitExit(a, NO_RESOURCES_STATUS);

  begin(a, handler);
  emitSignalHandler(a, recover);
  begin(a, restorer);
  emitSignalRestorer(a);
  const memoryGrow = begin(a);
  emitMemoryGrow(a);
  const tableGrow = begin(a);
  emitTableGrow(a);
  parts.signatures.forEach((type, index) => {
    begin(a, stubs[index]);
    emitEntryStub(a, type);
  });
  const { code, relocations, labels } = a.finish();
  return {
    bytes: code,
    readOnly: records.bytes,
    relocations,
    entry: labels[entry]!,
    memoryGrow: labels[memoryGrow]!,
    tableGrow: labels[tableGrow]!,
    entryStubs: stubs.map((label) => labels[label]!),
  };
}

/** Starts a piece of code of its own; returns its label. */
function begin(a: Shorthand, label = a.label()): number {
  a.align(ALIGNMENT, Padding.Trap);
  a.bind(label);
  return label;
}
