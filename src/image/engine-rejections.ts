/**
 * Teaches the engine to tell of rejected promises.
 *
 * The engine calls a tracker for each promise that is rejected while nobody listens, and again when somebody does. Its
 * package exports nothing that sets one, but the runtime's record has the pointer's place
 * (`src/faces/js/runtime-record.ts`). A pointer is an entry of the engine's own table, so this file adds a function, and
 * the entry. The function passes what it is told to the face, as a call of host function 0, which the engine itself never
 * makes:
 *
 *   tracker(context, promise, reason, isHandled, slots):  slots[0] = promise; slots[1] = reason
 *                                                         face.callFunction(context, 0, isHandled, slots, 0)
 *   rejectionTracker() -> its index in the table          exported; the face asks it where the tracker is
 *
 * Tests:  engine.test.ts; src/faces/js/rejections.test.ts
 */
import { addToModule, placesIn } from "./wasm-additions.ts";
import { body, call, constant, drop, local, storeLong } from "./wasm-code.ts";

/** `host`: the index of the imported `callFunction`. */
export function addRejectionTracker(wasm: Uint8Array, host: number): Uint8Array {
  const [context, promise, reason, isHandled, slots] = [local(0), local(1), local(2), local(3), local(4)];
  return addToModule(wasm, [
    {
      signature: "i32 i64 i64 i32 i32 ->",
      isPointer: true,
      body: body(
        0,
        storeLong(slots, promise),
        storeLong(slots, reason, 8),
        drop(call(host, context, constant(0), isHandled, slots, constant(0))),
      ),
    },
    { signature: "-> i32", exportName: "rejectionTracker", body: body(0, constant(placesIn(wasm).entry)) },
  ]);
}
