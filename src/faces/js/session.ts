/**
 * The engine's one runtime and context, and the way into it.
 *
 * Every entry of the app passes through `enter` and `leave`: its processor time is limited, and when it is used up
 * whatever runs ends with an error that names its line, before the platform would end the compartment. The jobs that an
 * entry queued run before it returns, up to a limit; what is left then continues at once through the alarm.
 *
 * Owns:   the context, the runtime's functions, the alarm.
 */
import { HostCall, Part, RuntimeCall } from "../../runtime/host-call";
import { alarm, monotonic } from "skerry/native/clock";
import { exit, isOverdue } from "skerry/native/app";
import {
  QTS_Call,
  QTS_Eval,
  QTS_ExecutePendingJob,
  QTS_FreeValuePointer,
  QTS_GetPropNumber,
  QTS_GetString,
  QTS_GetTrue,
  QTS_GetUndefined,
  QTS_IsJobPending,
  QTS_NewArray,
  QTS_NewContext,
  QTS_NewFunction,
  QTS_PromiseResult,
  QTS_PromiseState,
  QTS_ResolveException,
  QTS_RuntimeSetMaxStackSize,
  QTS_SetProp,
} from "./engine";
import { openHeap, tendHeap } from "./heap";
import { hasRejections, noteRejection, reasonSlot, rejectionSlots, takeRejections } from "./rejections";
import { keepSources, openRecord, requireRecord } from "./runtime-record";
import { sourceLength, sourceOf } from "./source";
import { printText } from "./system";
import { BOX_SIZE, requireLayout, storeInteger, Tag, tagOf } from "./value";

/** The engine checks its own stack use against this and throws a RangeError. */
const STACK_LIMIT_BYTES: usize = 256 * 1024;
/**
 * How often an entry whose time is over is asked and goes on, once it was ended: so that the error is told, or the jobs
 * run that wait for what has failed.
 */
const LATE_LOOKS: i32 = 64;
/** How many jobs run before the kernel has its turn, if there are ever more. */
const JOB_LIMIT: i32 = 10_000;
const ARGUMENT_LIMIT: usize = 2;
const MODULE_FLAG: i32 = 1;
const NO_ALARM: i64 = -1;
/** A fulfilled one's state in the engine. */
const PROMISE_KEPT: i32 = 1;
const FAILED_START_STATUS: i32 = 1;

export let context: usize = 0;
let runtime: usize = 0;
/** How often the running entry was asked when its time was over. */
let lateLooks: i32 = 0;
let alarmAt: i64 = -1; // NO_ALARM
let alarmSet: i64 = -1;
let runsToEnd = false;
/** While an image is built there is no time, and nothing is overdue. */
let isPreparing = false;

/** The boxes of the runtime's functions, and what is passed to them. */
const functions = memory.data(RuntimeCall.Count * 4);
const boxes = memory.data(ARGUMENT_LIMIT * BOX_SIZE, 8);
const pointers = memory.data(ARGUMENT_LIMIT * 4, 4);
const jobContext = memory.data(4, 4);

export function openSession(): void {
  runtime = openRecord();
  openHeap(runtime);
  QTS_RuntimeSetMaxStackSize(runtime, STACK_LIMIT_BYTES);
  context = QTS_NewContext(runtime, 0);
  if (context == 0) unreachable();
  requireLayout(context);
  requireRecord(context);
  takeRejections();
}

/** Evaluates the runtime and exchanges functions with it. False where it fails, which is reported. */
export function startRuntime(): bool {
  const connect = evaluate(Part.Runtime);
  const host = QTS_NewArray(context);
  for (let id: i32 = 0; id < HostCall.Count; id++) {
    // Ids start at 1: the engine takes 0 for no host function.
    const hostFunction = QTS_NewFunction(context, 0, 0, 0, id + 1);
    storeInteger(boxes, id);
    QTS_SetProp(context, host, boxes, hostFunction);
    QTS_FreeValuePointer(context, hostFunction);
  }
  store<u32>(pointers, <u32>host);
  const given = QTS_Call(context, connect, QTS_GetUndefined(), 1, pointers);
  QTS_FreeValuePointer(context, host);
  QTS_FreeValuePointer(context, connect);
  if (tagOf(given) == Tag.Exception) {
    printException(given);
    QTS_FreeValuePointer(context, given);
    return false;
  }
  for (let id: i32 = 0; id < RuntimeCall.Count; id++) {
    store<u32>(functions + <usize>id * 4, <u32>QTS_GetPropNumber(context, given, id));
  }
  QTS_FreeValuePointer(context, given);
  return true;
}

/** Evaluates one of the script's sources: a box of its value, or of an exception. */
export function evaluate(part: Part): usize {
  // "skerry.js" and "app.js": what stack traces call them.
  const name =
    part == Part.App
      ? memory.data<u8>([0x61, 0x70, 0x70, 0x2e, 0x6a, 0x73, 0])
      : memory.data<u8>([0x73, 0x6b, 0x65, 0x72, 0x72, 0x79, 0x2e, 0x6a, 0x73, 0]);
  const flags = part == Part.App ? MODULE_FLAG : 0;
  keepSources(part == Part.App);
  const box = QTS_Eval(context, sourceOf(part), sourceLength(part), name, 0, flags);
  keepSources(true);
  return box;
}

/** The stack of the running JavaScript, as text of the engine's. */
export function stackNow(): usize {
  // "new Error().trail": see src/image/engine-frames.ts.
  const source = memory.data<u8>([
    0x6e, 0x65, 0x77, 0x20, 0x45, 0x72, 0x72, 0x6f, 0x72, 0x28, 0x29, 0x2e, 0x74, 0x72, 0x61, 0x69, 0x6c, 0,
  ]);
  const name = memory.data<u8>([0x3f, 0]);
  return QTS_GetString(context, QTS_Eval(context, source, 17, name, 0, 0));
}

export function enter(): void {
  lateLooks = 0;
}

/** Runs what the entry queued, and sets the alarm where the runtime or waiting jobs want it. */
export function leave(): void {
  drain();
  if (hasRejections() && isIdle()) {
    takeRejections();
    call(RuntimeCall.Rejections, 0);
    drain();
  }
  if (runsToEnd && isIdle() && !hasRejections()) {
    call(RuntimeCall.Settled, 0);
    drain();
  }
  const wanted = isIdle() && !hasRejections() ? alarmAt : monotonic();
  if (wanted != alarmSet) alarm(wanted);
  alarmSet = wanted;
  tendHeap();
}

function isIdle(): bool {
  return QTS_IsJobPending(runtime) == 0;
}

function drain(): void {
  if (isIdle()) return;
  const result = QTS_ExecutePendingJob(runtime, JOB_LIMIT, jobContext);
  // A job's own exception settles its promise; what arrives here was not to be caught.
  if (tagOf(result) == Tag.Object) callWith(RuntimeCall.Failed, result, -1);
  QTS_FreeValuePointer(context, result);
}

/** Calls one of the runtime's functions with a number; an exception goes to its `Failed`. */
export function call(id: RuntimeCall, argument: i32): void {
  invoke(id, 1, numbered(argument));
}

/** The number, as the next call's only argument. */
function numbered(argument: i32): i32 {
  storeInteger(boxes, argument);
  store<u32>(pointers, <u32>boxes);
  return argument;
}

/**
 * A request, which most handlers answer within the call, or with a promise that is kept when the jobs are done. To look at a
 * promise costs a tenth of what it costs to be told by it.
 */
export function callRequest(request: i32): void {
  const given = result(RuntimeCall.HttpRequest, 1, numbered(request));
  if (tagOf(given) == Tag.Object) {
    drain();
    if (QTS_PromiseState(context, given) == PROMISE_KEPT) {
      const value = QTS_PromiseResult(context, given);
      callWith(RuntimeCall.HttpSettled, value, request);
      QTS_FreeValuePointer(context, value);
    } else {
      callWith(RuntimeCall.HttpWaiting, given, request);
    }
  }
  QTS_FreeValuePointer(context, given);
}

/** As `call`, with two numbers. */
export function callWithNumbers(id: RuntimeCall, first: i32, second: i32): void {
  storeInteger(boxes, first);
  storeInteger(boxes + BOX_SIZE, second);
  store<u32>(pointers, <u32>boxes);
  store<u32>(pointers, <u32>(boxes + BOX_SIZE), 4);
  invoke(id, 2, first);
}

/** Calls one of the runtime's functions with a value and a number. */
export function callWith(id: RuntimeCall, value: usize, argument: i32): void {
  storeInteger(boxes, argument);
  store<u32>(pointers, <u32>value);
  store<u32>(pointers, <u32>boxes, 4);
  invoke(id, 2, argument);
}

function invoke(id: RuntimeCall, count: i32, argument: i32): void {
  QTS_FreeValuePointer(context, result(id, count, argument));
}

/** What the function returned, as a box. */
function result(id: RuntimeCall, count: i32, argument: i32): usize {
  const callee = <usize>load<u32>(functions + <usize>id * 4);
  const given = QTS_Call(context, callee, QTS_GetUndefined(), count, pointers);
  if (tagOf(given) == Tag.Exception) {
    if (id == RuntimeCall.Failed) {
      printException(given);
      return given;
    }
    const error = QTS_ResolveException(context, given);
    callWith(RuntimeCall.Failed, error, id == RuntimeCall.HttpRequest ? argument : -1);
    QTS_FreeValuePointer(context, error);
  }
  return given;
}

/** The engine tells of the promise in the slots, in the middle of its own work: the runtime only notes it. */
export function trackRejection(isHandled: bool): void {
  noteRejection();
  const id = isHandled ? RuntimeCall.RejectionHandled : RuntimeCall.Rejected;
  const callee = <usize>load<u32>(functions + <usize>id * 4);
  // `requireRecord` tries it before there is a runtime.
  if (callee == 0) return;
  store<u32>(pointers, <u32>rejectionSlots);
  store<u32>(pointers, <u32>reasonSlot, 4);
  const given = QTS_Call(context, callee, QTS_GetUndefined(), 2, pointers);
  // No memory or no time is left: what the engine is at ends the same way.
  if (tagOf(given) == Tag.Exception) QTS_FreeValuePointer(context, QTS_ResolveException(context, given));
  QTS_FreeValuePointer(context, given);
}

/** The last resort, where the runtime cannot print an error itself. */
function printException(box: usize): void {
  const error = QTS_ResolveException(context, box);
  printText(context, error);
  QTS_FreeValuePointer(context, error);
  exit(FAILED_START_STATUS);
}

/** The engine asks now and then while JavaScript runs. True ends it with an error that cannot be caught. */
export function endsNow(): bool {
  if (isPreparing || isOverdue() == 0) return false;
  lateLooks++;
  return lateLooks == 1 || lateLooks > LATE_LOOKS;
}

export function setPreparing(preparing: bool): void {
  isPreparing = preparing;
}

/** The runtime's wish, applied when the entry ends. */
export function setAlarm(at: i64): void {
  alarmAt = at;
}

/** The alarm that was set has come: a timer, its jobs, the next one. Where there are ever more jobs, the kernel is next. */
export function fireTimers(): void {
  alarmSet = NO_ALARM;
  alarmAt = NO_ALARM;
  let goesOn: i32 = 0;
  do {
    const given = result(RuntimeCall.Alarm, 1, numbered(goesOn));
    const isMore = load<u64>(given) == load<u64>(QTS_GetTrue());
    const isCut = tagOf(given) == Tag.Exception;
    QTS_FreeValuePointer(context, given);
    drain();
    if (isCut) break;
    if (!isMore) return;
    goesOn = 1;
  } while (isIdle());
  alarmAt = monotonic();
}

export function setRunsToEnd(): void {
  runsToEnd = true;
}
