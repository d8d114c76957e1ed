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
import { keepBlocks } from "./heap";
import { openScratch } from "./host-http";
import {
  callWith,
  context,
  enter,
  evaluate,
  fireTimers,
  leave,
  openSession,
  setPreparing,
  stackNow,
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

/** How far the app's life was led while its image was built (`src/image/snapshot.ts`). */
const enum Stage {
  Nothing = 0,
  Runtime = 1,
  App = 2,
}
let stage: i32 = 0; // Stage.Nothing
/** The box of what the app's module gave. */
let app: usize = 0;

/** While the image is built: the engine and the runtime, as every start would make them. */
export function prepareRuntime(): void {
  setPreparing(true);
  openScratch();
  openSession();
  if (!startRuntime()) unreachable();
  stage = Stage.Runtime;
}

/** While the image is built, after `prepareRuntime`: the app's top level. 0 where it throws. */
export function prepareApp(): i32 {
  app = evaluate(Part.App);
  if (tagOf(app) == Tag.Exception) return 0;
  stage = Stage.App;
  return 1;
}

/** While the image is built, inside a service call: the stack of what runs, as text that ends with a zero. */
export function whereNow(): usize {
  return stackNow();
}

export function start(_a: i32, _b: i32): void {
  setPreparing(false);
  enter();
  if (stage == Stage.Nothing) {
    openScratch();
    openSession();
    if (!startRuntime()) return;
  }
  if (stage != Stage.App) app = evaluate(Part.App);
  keepBlocks();
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
  enter();
  fireTimers();
  leave();
}
