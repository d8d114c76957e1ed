/**
 * The engine's host in the benchmark: opens a runtime, evaluates the handler and calls it as a server would, with a
 * method, a path and a body as strings, and takes the answer as UTF-8.
 *
 * Exports what the engine imports as `face.<name>`; nothing of it is called while the handler runs, but
 * `resizeHeap`. Shares the engine's memory, as the face of an image does.
 */
import {
  free,
  initialize,
  malloc,
  QTS_Call,
  QTS_Eval,
  QTS_FreeCString,
  QTS_FreeValuePointer,
  QTS_GetString,
  QTS_GetUndefined,
  QTS_NewContext,
  QTS_NewRuntime,
  QTS_NewString,
  QTS_RuntimeSetMaxStackSize,
} from "../../../src/faces/js/engine";
import {
  BODY,
  BODY_NUMBER,
  FILE_NAME,
  METHOD,
  PATH,
  SCRIPT,
  SCRIPT_LENGTH,
  TEXT_BYTES,
  writeText,
} from "./text";

const STACK_LIMIT_BYTES: usize = 256 * 1024;
const PAGE_BYTES: u32 = 0x10000;
const LEAST_GROWTH_PAGES: i32 = 16;
const NOT_SUPPORTED: i32 = 52;
/** Six digits, the first of which stays. */
const NUMBER_DIGITS: i32 = 6;
const ARGUMENTS: i32 = 3;
const STRING_TAG: i32 = -7;

let context: usize = 0;
let handler: usize = 0;
let text: usize = 0;
let pointers: usize = 0;

function open(): void {
  initialize();
  text = malloc(TEXT_BYTES);
  pointers = malloc(<usize>ARGUMENTS * 4);
  writeText(text);
  const runtime = QTS_NewRuntime();
  QTS_RuntimeSetMaxStackSize(runtime, STACK_LIMIT_BYTES);
  context = QTS_NewContext(runtime, 0);
  handler = QTS_Eval(context, text + SCRIPT, SCRIPT_LENGTH, text + FILE_NAME, 0, 0);
}

function numberBody(number: i32): void {
  let digit = text + BODY + BODY_NUMBER + NUMBER_DIGITS - 1;
  for (let count = 1; count < NUMBER_DIGITS; count++) {
    store<u8>(digit, <u8>(0x30 + (number % 10)));
    number /= 10;
    digit--;
  }
}

/** The hash of one answer (FNV-1a); traps where the handler does not give a string. */
function callHandler(hash: u32): u32 {
  const method = QTS_NewString(context, text + METHOD);
  const path = QTS_NewString(context, text + PATH);
  const body = QTS_NewString(context, text + BODY);
  store<u32>(pointers, <u32>method);
  store<u32>(pointers, <u32>path, 4);
  store<u32>(pointers, <u32>body, 8);
  const result = QTS_Call(context, handler, QTS_GetUndefined(), ARGUMENTS, pointers);
  if (load<i32>(result, 4) != STRING_TAG) unreachable();
  const answer = QTS_GetString(context, result);
  for (let at = answer; load<u8>(at) != 0; at++) hash = (hash ^ load<u8>(at)) * 0x01000193;
  QTS_FreeCString(context, answer);
  QTS_FreeValuePointer(context, result);
  QTS_FreeValuePointer(context, body);
  QTS_FreeValuePointer(context, path);
  QTS_FreeValuePointer(context, method);
  return hash;
}

export function run(n: i32): i32 {
  if (context == 0) open();
  let hash: u32 = 0x811c9dc5;
  for (let round = 0; round < n; round++) {
    numberBody(round);
    hash = callHandler(hash);
  }
  return hash;
}

/** The last answer's bytes, as the address of a text that ends with a zero. For a look at what is measured. */
export function answer(): usize {
  store<u32>(pointers, <u32>QTS_NewString(context, text + METHOD));
  store<u32>(pointers, <u32>QTS_NewString(context, text + PATH), 4);
  store<u32>(pointers, <u32>QTS_NewString(context, text + BODY), 8);
  return QTS_GetString(context, QTS_Call(context, handler, QTS_GetUndefined(), ARGUMENTS, pointers));
}

/** The engine's heap needs this many bytes of memory in all: 1, or 0 where the limit is reached. */
export function resizeHeap(wanted: u32): i32 {
  const needed = <i32>((<u64>wanted + PAGE_BYTES - 1) / PAGE_BYTES) - memory.size();
  if (needed <= 0) return 1;
  return memory.grow(max(needed, LEAST_GROWTH_PAGES)) >= 0 ? 1 : 0;
}

export function dateNow(): f64 {
  return 1_700_000_000_000;
}

export function localTime(_seconds: i64, tm: usize): void {
  memory.fill(tm, 0, 44);
}

export function setTimeZone(seconds: usize, daylight: usize, name: usize, daylightName: usize): void {
  store<i32>(seconds, 0);
  store<i32>(daylight, 0);
  store<u32>(name, 0x00435455); // "UTC"
  store<u32>(daylightName, 0x00435455);
}

export function environmentGet(_pointers: usize, _text: usize): i32 {
  return 0;
}

export function environmentSizesGet(countSlot: usize, sizeSlot: usize): i32 {
  store<u32>(countSlot, 0);
  store<u32>(sizeSlot, 0);
  return 0;
}

export function setIntervalTimer(_which: i32, _ms: f64): i32 {
  return -1;
}

export function clearKeepalive(): void {}

export function fdWrite(_stream: i32, _vectors: usize, _count: i32, _writtenSlot: usize): i32 {
  return NOT_SUPPORTED;
}

export function fdClose(_stream: i32): i32 {
  return NOT_SUPPORTED;
}

export function fdSeek(_stream: i32, _offset: i64, _whence: i32, _result: usize): i32 {
  return NOT_SUPPORTED;
}

export function processExit(_status: i32): void {
  unreachable();
}

export function abort(): void {
  unreachable();
}

export function assertFail(_condition: usize, _file: usize, _line: i32, _function: usize): void {
  unreachable();
}

export function callFunction(
  _context: usize,
  _self: usize,
  _count: i32,
  _boxes: usize,
  _hostRef: i32,
): usize {
  return unreachable();
}

export function shouldInterrupt(_runtime: usize): i32 {
  return 0;
}

export function loadModuleSource(_runtime: usize, _context: usize, _name: usize): usize {
  return 0;
}

export function normalizeModule(_runtime: usize, _context: usize, _base: usize, _name: usize): usize {
  return 0;
}

export function freeHostRef(_runtime: usize, _hostRef: i32): void {}
