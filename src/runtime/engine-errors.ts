/**
 * What programs expect of errors and the engine has otherwise.
 *
 * Its error for what it cannot do (too deep a recursion, no memory left) has a class of its own, `InternalError`;
 * programs look for a RangeError, as other engines have it: here it is one, under its own name. And packages mark where
 * an error was made by `Error.captureStackTrace`, which every other engine has.
 *
 * The engine leaves the frames of an error in its property `trail` (`src/image/engine-frames.ts`). `stack`, name and message
 * before the frames, is made of that when it is asked for: a message that is changed later is in it.
 *
 * Tests:  src/faces/js/errors.test.ts, src/faces/js/fetch.test.ts
 */
declare const InternalError: ErrorConstructor;

interface Trailed {
  readonly trail?: unknown;
}

export function defineEngineErrors(): void {
  Object.defineProperty(Error.prototype, "stack", { get: stackOf, set: keepStack, configurable: true });
  Object.setPrototypeOf(InternalError, RangeError);
  Object.setPrototypeOf(InternalError.prototype, RangeError.prototype);
  hide(Error, "captureStackTrace", captureStackTrace);
}

/** As the engine throws it itself; also for what the face had no memory for. */
export function outOfMemory(): Error {
  return new InternalError("out of memory");
}

/** The frames of an error, each a line; "" where it has none. */
export function framesOf(error: unknown): string {
  const trail = (error as Trailed | null | undefined)?.trail;
  return typeof trail === "string" ? trail.trimEnd() : "";
}

function stackOf(this: unknown): string | undefined {
  const frames = framesOf(this);
  return frames === "" ? undefined : `${Error.prototype.toString.call(this)}\n${frames}`;
}

function keepStack(this: object, value: unknown): void {
  hide(this, "stack", value);
}

/** Gives `target` the stack of its caller or, where `above` is on that, of who called `above`. */
function captureStackTrace(target: object, above?: unknown): void {
  // The first frame is this function's.
  const all = framesOf(new Error()).split("\n").slice(1);
  const name = typeof above === "function" ? above.name : "";
  const at = name === "" ? -1 : all.findIndex((frame) => frame.startsWith(`    at ${name} (`));
  const frames = all.slice(at + 1).join("\n");
  if (target instanceof Error) hide(target, "trail", frames);
  else hide(target, "stack", `Error\n${frames}`);
}

export function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, configurable: true });
}
