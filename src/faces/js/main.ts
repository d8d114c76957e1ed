/**
 * The face of a JavaScript app: what stands between the engine and the kernel's services, in the app's own
 * compartment. It shares the engine's memory and keeps its few words below the engine's data; it never
 * allocates but from the engine's heap. So the network code cannot read the app's memory through it.
 *
 * Exports the app's entries (`ENTRY_NAMES`), `reserveSource` for the platform, and the engine's imports.
 *
 * Tests:  program.test.ts, fetch.test.ts, web.test.ts
 */
import { RuntimeCall, Part } from "../../runtime/host-call";
import { QTS_FreeValuePointer, QTS_ResolveException } from "./engine";
import { startHttp } from "./host-http";
import {
  alarmFired,
  call,
  callWith,
  context,
  enter,
  evaluate,
  leave,
  openSession,
  startRuntime,
} from "./session";
import { Tag, tagOf } from "./value";

export { callFunction, freeHostRef, loadModuleSource, normalizeModule, shouldInterrupt } from "./host";
export { reserveSource } from "./source";
export {
  abort,
  assertFail,
  clearKeepalive,
  dateNow,
  environmentGet,
  environmentSizesGet,
  fdClose,
  fdSeek,
  fdWrite,
  localTime,
  processExit,
  resizeHeap,
  setIntervalTimer,
  setTimeZone,
} from "./system";

export function start(_a: i32, _b: i32): void {
  startHttp();
  enter();
  openSession();
  if (!startRuntime()) return;
  const app = evaluate(Part.App);
  if (tagOf(app) == Tag.Exception) {
    const error = QTS_ResolveException(context, app);
    callWith(RuntimeCall.Failed, error, -1);
    QTS_FreeValuePointer(context, error);
  } else {
    callWith(RuntimeCall.Start, app, 0);
  }
  QTS_FreeValuePointer(context, app);
  leave();
}

export function alarm(_a: i32, _b: i32): void {
  alarmFired();
  pass(RuntimeCall.Alarm, 0);
}

export function httpRequest(request: i32, _b: i32): void {
  pass(RuntimeCall.HttpRequest, request);
}

export function httpReadable(request: i32, _b: i32): void {
  pass(RuntimeCall.HttpReadable, request);
}

export function httpWritable(request: i32, _b: i32): void {
  pass(RuntimeCall.HttpWritable, request);
}

export function httpClosed(request: i32, _b: i32): void {
  pass(RuntimeCall.HttpClosed, request);
}

function pass(id: RuntimeCall, argument: i32): void {
  enter();
  call(id, argument);
  leave();
}
