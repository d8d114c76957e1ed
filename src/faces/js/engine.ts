/**
 * What the face calls in the JavaScript engine. Imported as `engine.<name>`; `src/image/engine.ts` gives the
 * engine's module these names.
 *
 * A value is passed as the address of an 8-byte box (see value.ts). A result is a new box from the engine's
 * heap that the caller frees with its value (`QTS_FreeValuePointer`); the constants of `QTS_Get...` are not.
 */
export declare function initialize(): void;
export declare function malloc(size: usize): usize;
export declare function free(pointer: usize): void;
export declare function QTS_NewRuntime(): usize;
export declare function QTS_RuntimeSetMaxStackSize(runtime: usize, size: usize): void;
export declare function QTS_RuntimeEnableInterruptHandler(runtime: usize): void;
/** The engine's table entry that tells of rejected promises: see `src/image/engine-rejections.ts`. */
export declare function rejectionTracker(): i32;
/** Functions of the engine's table that allocate: see `src/image/engine-heap.ts`. */
export declare function useHeap(heap: usize, resize: u32): u32;
export declare function heapAllocate(state: usize, size: usize): usize;
export declare function QTS_NewContext(runtime: usize, intrinsics: i32): usize;
export declare function QTS_Eval(
  context: usize,
  source: usize,
  length: usize,
  fileName: usize,
  detectModule: i32,
  flags: i32,
): usize;
export declare function QTS_Call(context: usize, callee: usize, self: usize, count: i32, boxes: usize): usize;
export declare function QTS_ResolveException(context: usize, box: usize): usize;
export declare function QTS_IsJobPending(runtime: usize): i32;
export declare function QTS_ExecutePendingJob(runtime: usize, limit: i32, contextSlot: usize): usize;
/** A `PromiseState`; below 0: it is no promise. */
export declare function QTS_PromiseState(context: usize, box: usize): i32;
export declare function QTS_PromiseResult(context: usize, box: usize): usize;
export declare function QTS_FreeValuePointer(context: usize, box: usize): void;
export declare function QTS_GetUndefined(): usize;
export declare function QTS_GetTrue(): usize;
export declare function QTS_NewArray(context: usize): usize;
export declare function QTS_NewArrayBuffer(context: usize, bytes: usize, length: usize): usize;
export declare function QTS_NewFloat64(context: usize, number: f64): usize;
export declare function QTS_GetFloat64(context: usize, box: usize): f64;
export declare function QTS_NewString(context: usize, text: usize): usize;
export declare function QTS_GetString(context: usize, box: usize): usize;
export declare function QTS_FreeCString(context: usize, text: usize): void;
export declare function QTS_NewFunction(
  context: usize,
  name: usize,
  length: i32,
  constructs: i32,
  hostRef: i32,
): usize;
export declare function QTS_GetPropNumber(context: usize, object: usize, index: i32): usize;
export declare function QTS_SetProp(context: usize, object: usize, name: usize, value: usize): void;
