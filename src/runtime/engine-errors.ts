/**
 * What programs expect of errors and the engine has otherwise.
 *
 * Its error for what it cannot do (too deep a recursion, no memory left) has a class of its own, `InternalError`;
 * programs look for a RangeError, as other engines have it: here it is one, under its own name. And packages mark where
 * an error was made by `Error.captureStackTrace`, which every other engine has.
 *
 * Tests:  src/faces/js/errors.test.ts, src/faces/js/fetch.test.ts
 */
declare const InternalError: ErrorConstructor;

export function defineEngineErrors(): void {
  Object.setPrototypeOf(InternalError, RangeError);
  Object.setPrototypeOf(InternalError.prototype, RangeError.prototype);
  Object.defineProperty(Error, "captureStackTrace", {
    value: captureStackTrace,
    writable: true,
    configurable: true,
  });
}

/** As the engine throws it itself; also for what the face had no memory for. */
export function outOfMemory(): Error {
  return new InternalError("out of memory");
}

/** Gives `target` the stack of its caller or, where `above` is on that, of who called `above`. */
function captureStackTrace(target: object, above?: unknown): void {
  // The first frame is this function's.
  const frames = new Error().stack!.split("\n").slice(1);
  const name = typeof above === "function" ? above.name : "";
  const at = name === "" ? -1 : frames.findIndex((frame) => frame.startsWith(`    at ${name} (`));
  const value = frames.slice(at + 1).join("\n");
  Object.defineProperty(target, "stack", { value, writable: true, configurable: true });
}
