/**
 * The engine's error for what it cannot do (too deep a recursion, no memory left) has a class of its own, `InternalError`.
 * Programs that expect such errors look for a RangeError, as other engines have it: here it is one, under its own name.
 *
 * Tests:  src/faces/js/fetch.test.ts
 */
declare const InternalError: ErrorConstructor;

export function defineEngineErrors(): void {
  Object.setPrototypeOf(InternalError, RangeError);
  Object.setPrototypeOf(InternalError.prototype, RangeError.prototype);
}
