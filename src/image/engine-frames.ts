/**
 * Leaves the property `stack` of errors to the runtime.
 *
 * The engine gives each error, also those that it throws itself, an own property of that name when it is made, and in it
 * the frames alone: who logs `error.stack`, as most programs do, would not see what happened. Programs expect the name and
 * the message before the frames, as V8 has them. So the engine's property gets another name, and `stack` is an accessor of
 * all errors that reads it (`src/runtime/engine-errors.ts`). The engine knows the name from one list of names in its data,
 * where only the letters are changed: nothing moves.
 *
 * Tests:  engine.test.ts; src/faces/js/errors.test.ts
 */

/** Where it stands among the engine's own names. */
const BEFORE = "\0errors\0";
const AFTER = "\0name\0toString\0";
const NAME = "stack";
/** As long. */
const OWN_NAME = "trail";

export function renameStack(wasm: Uint8Array): Uint8Array {
  const bytes = Buffer.from(wasm);
  const wanted = `${BEFORE}${NAME}${AFTER}`;
  const at = bytes.indexOf(wanted, 0, "latin1");
  if (at < 0 || bytes.indexOf(wanted, at + 1, "latin1") >= 0) {
    throw new Error("the engine's package is not the pinned one: its names are not where they were");
  }
  bytes.write(OWN_NAME, at + BEFORE.length, "latin1");
  return new Uint8Array(bytes);
}
