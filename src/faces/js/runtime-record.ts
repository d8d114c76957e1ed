/**
 * The engine's record of its runtime, for what its exports cannot set: whether functions keep their source text, and who
 * is told of rejected promises (`rejections.ts`).
 *
 * Each function keeps the text that it was made from, each function around it the same text again: of the Web's
 * interfaces that is half a megabyte, which nobody reads. Without it they look as a browser's do, `[native code]`.
 *
 * Where the record holds what is learnt, not known: enabling the interrupt handler changes the one word that names
 * it, and the flags stand at a distance from there. `requireRecord` checks that on a function that the engine made.
 *
 *   handler | its data | rejection tracker | its data | jobs 8 | modules 20, 8-aligned | 8 | can block | shared 16 | flags
 *   +0        +4         +8                  +12        +16      +24                     +48 +56         +60         +76
 *
 * Tests:  every test that starts an app; a record that is not so stops the start
 */
import {
  free,
  malloc,
  QTS_Eval,
  QTS_FreeCString,
  QTS_FreeValuePointer,
  QTS_GetString,
  QTS_NewRuntime,
  QTS_RuntimeEnableInterruptHandler,
  rejectionTracker,
} from "./engine";
import { hasRejections, rejectionSlots } from "./rejections";
import { textLength } from "./value";

/** The part of the record in which the handler is looked for. */
const SEARCHED_BYTES: usize = 256;
const TRACKER: usize = 8;
const TRACKER_DATA: usize = 12;
const FLAGS: usize = 76;
const STRIP_SOURCE: u8 = 1;
/** "()=>1" kept, and "function () {\n    [native code]\n}". */
const KEPT_LENGTH: u32 = 5;
const NATIVE_LENGTH: u32 = 33;

let flags: usize = 0;

/** A new runtime of the engine, with its interrupt handler enabled. */
export function openRecord(): usize {
  const runtime = QTS_NewRuntime();
  const before = malloc(SEARCHED_BYTES);
  memory.copy(before, runtime, SEARCHED_BYTES);
  QTS_RuntimeEnableInterruptHandler(runtime);
  let offset: usize = 0;
  while (offset < SEARCHED_BYTES && load<u32>(before + offset) == load<u32>(runtime + offset)) offset += 4;
  if (offset == SEARCHED_BYTES || load<u32>(before + offset) != 0) unreachable();
  free(before);
  const handler = runtime + offset;
  if (load<u64>(handler, TRACKER) != 0) unreachable();
  store<u32>(handler, <u32>rejectionTracker(), TRACKER);
  store<u32>(handler, <u32>rejectionSlots, TRACKER_DATA);
  flags = handler + FLAGS;
  return runtime;
}

/** Whether functions that are made from now on keep their source. */
export function keepSources(keep: bool): void {
  store<u8>(flags, keep ? 0 : STRIP_SOURCE);
}

/** Stops the machine where the record is not as this file says. */
export function requireRecord(context: usize): void {
  requireTracker(context);
  if (load<u8>(flags) != 0) unreachable();
  if (shownLength(context) != KEPT_LENGTH) unreachable();
  keepSources(false);
  if (shownLength(context) != NATIVE_LENGTH) unreachable();
  keepSources(true);
}

function requireTracker(context: usize): void {
  // Promise.reject()
  const source = memory.data<u8>([
    0x50, 0x72, 0x6f, 0x6d, 0x69, 0x73, 0x65, 0x2e, 0x72, 0x65, 0x6a, 0x65, 0x63, 0x74, 0x28, 0x29, 0,
  ]);
  QTS_FreeValuePointer(context, QTS_Eval(context, source, 16, source, 0, 0));
  if (!hasRejections()) unreachable();
}

/** The length of a function's text. */
function shownLength(context: usize): u32 {
  // ()=>1
  const source = memory.data<u8>([0x28, 0x29, 0x3d, 0x3e, 0x31, 0]);
  const box = QTS_Eval(context, source, 5, source, 0, 0);
  const text = QTS_GetString(context, box);
  const length = textLength(text);
  QTS_FreeCString(context, text);
  QTS_FreeValuePointer(context, box);
  return length;
}
