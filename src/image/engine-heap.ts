/**
 * Gives the engine a heap that knows the size of its blocks, and finds small ones at once.
 *
 * The engine asks its runtime's record which functions allocate. Those of the package count each block as eight bytes,
 * since their C library does not tell a block's size: so the engine collects garbage after some thousand blocks whatever they
 * hold, and a program that drops a megabyte in each cycle runs out of memory before it comes to that. Those that are added
 * here count what a block takes, and keep small blocks that are freed in lists by size, where the next one is found with
 * ten instructions instead of sixty. Blocks remain the C library's (dlmalloc): the word before a block holds its size and
 * three flags, and a block in a list is in use as far as the library knows. It gets them all back where it has no room.
 *
 *   heapAllocate(state, size) -> block      exported too; state, of the runtime's record at 16: count | bytes | limit
 *   heapFree(state, block)
 *   heapResize(state, block, size) -> block
 *   heapUsable(block) -> bytes
 *   trimHeap()                              exported: gives the library back what is in lists
 *   useHeap(heap, resize) -> entry          exported: the table's entry of the first of the four; `resize` is the package's
 *
 * An ArrayBuffer of the face's own bytes is freed by the package's only function that calls the C library for it; its body is
 * replaced, so that such bytes are counted too.
 *
 *   heap:  bytes that lists may take yet | the package's `resize` | lists, by size: 4 bytes at half of the block's
 *          +0                              +4                       +8 ... +128
 *
 * Tests:  engine-heap.test.ts
 */
import { addToModule, placesIn, replaceBody, typeOf } from "./wasm-additions.ts";
import {
  add,
  and,
  body,
  call,
  callIndirect,
  type Code,
  constant,
  give,
  global,
  isLess,
  isZero,
  load,
  local,
  setGlobal,
  setLocal,
  shiftRight,
  store,
  subtract,
  when,
  whilst,
} from "./wasm-code.ts";

/** Of what the package's own functions need, the parts that are exported. */
export interface HeapFunctions {
  readonly malloc: number;
  readonly free: number;
}

/** A block is a multiple of 8, with the word of its size, and at least 16 bytes. */
const SIZE_WORD = 4;
const LEAST_SIZE = 5;
const LISTED_BLOCK = 256;
const LISTED_SIZE = LISTED_BLOCK - SIZE_WORD;
const HEAP_RESIZE = 4;
const FIRST_LIST = 8;
const LISTS_END = LISTED_BLOCK / 2 + 4;

const STATE = 16;
const STATE_COUNT = 0;
const STATE_BYTES = 4;
const STATE_LIMIT = 8;

export function addHeap(wasm: Uint8Array, { malloc, free }: HeapFunctions): Uint8Array {
  const places = placesIn(wasm);
  const heap = global(places.global);
  const [allocate, release, trim] = [places.function, places.function + 1, places.function + 4];
  const resizeType = typeOf(wasm, "i32 i32 i32 -> i32");
  const [runtime, bytes] = [local(0), local(2)];
  const counting = replaceBody(
    wasm,
    body(0, call(free, bytes)),
    body(0, call(release, add(runtime, constant(STATE)), bytes)),
  );
  return addToModule(
    counting,
    [
      {
        signature: "i32 i32 -> i32",
        isPointer: true,
        exportName: "heapAllocate",
        body: allocateBody(heap, malloc, trim),
      },
      { signature: "i32 i32 ->", isPointer: true, body: freeBody(heap, free) },
      {
        signature: "i32 i32 i32 -> i32",
        isPointer: true,
        body: resizeBody(heap, { allocate, release, trim, type: resizeType }),
      },
      { signature: "i32 -> i32", isPointer: true, body: usableBody() },
      { signature: "->", exportName: "trimHeap", body: trimBody(heap, free) },
      {
        signature: "i32 i32 -> i32",
        exportName: "useHeap",
        body: body(
          0,
          setGlobal(places.global, local(0)),
          store(local(0), local(1), HEAP_RESIZE),
          constant(places.entry),
        ),
      },
    ],
    1,
  );
}

function allocateBody(heap: Code, malloc: number, trim: number): number[] {
  const [state, size] = [local(0), local(1)];
  const [BLOCK, FOUND, LIST] = [2, 3, 4];
  const [block, found, list] = [local(BLOCK), local(FOUND), local(LIST)];
  return body(
    3,
    when(
      isLess(subtract(size, constant(LEAST_SIZE)), constant(LISTED_SIZE - LEAST_SIZE + 1)),
      setLocal(BLOCK, and(add(size, constant(SIZE_WORD + 7)), constant(-8))),
      setLocal(LIST, add(heap, shiftRight(block, 1))),
      setLocal(FOUND, load(list)),
      when(
        found,
        store(list, load(found)),
        store(heap, add(load(heap), block)),
        ...counted(state, 1, block),
        give(found),
      ),
    ),
    when(isLess(load(state, STATE_LIMIT), add(load(state, STATE_BYTES), size)), give(constant(0))),
    setLocal(FOUND, call(malloc, size)),
    when(isZero(found), call(trim), setLocal(FOUND, call(malloc, size))),
    when(found, ...counted(state, 1, sizeOf(found))),
    found,
  );
}

function freeBody(heap: Code, free: number): number[] {
  const [state, given] = [local(0), local(1)];
  const [BLOCK, LIST, ROOM] = [2, 3, 4];
  const [block, list, room] = [local(BLOCK), local(LIST), local(ROOM)];
  return body(
    3,
    when(isZero(given), RETURN),
    setLocal(BLOCK, sizeOf(given)),
    ...counted(state, -1, block),
    when(
      isLess(block, constant(LISTED_BLOCK + 1)),
      setLocal(ROOM, load(heap)),
      when(
        isLess(block, room),
        store(heap, subtract(room, block)),
        setLocal(LIST, add(heap, shiftRight(block, 1))),
        store(given, load(list)),
        store(list, given),
        RETURN,
      ),
    ),
    call(free, given),
  );
}

function trimBody(heap: Code, free: number): number[] {
  const [LIST, FOUND] = [0, 1];
  const [list, found] = [local(LIST), local(FOUND)];
  return body(
    2,
    setLocal(LIST, add(heap, constant(FIRST_LIST))),
    whilst(
      isLess(list, add(heap, constant(LISTS_END))),
      setLocal(FOUND, load(list)),
      whilst(
        found,
        store(list, load(found)),
        store(heap, add(load(heap), sizeOf(found))),
        call(free, found),
        setLocal(FOUND, load(list)),
      ),
      setLocal(LIST, add(list, constant(4))),
    ),
  );
}

interface Resizing {
  readonly allocate: number;
  readonly release: number;
  readonly trim: number;
  /** Of the package's function. */
  readonly type: number;
}

function resizeBody(heap: Code, { allocate, release, trim, type }: Resizing): number[] {
  const [state, given, size] = [local(0), local(1), local(2)];
  const [BLOCK, FOUND] = [3, 4];
  const [block, found] = [local(BLOCK), local(FOUND)];
  const resized = callIndirect(type, load(heap, HEAP_RESIZE), state, given, size);
  return body(
    2,
    when(isZero(given), when(isZero(size), give(constant(0))), give(call(allocate, state, size))),
    when(isZero(size), call(release, state, given), give(constant(0))),
    setLocal(BLOCK, sizeOf(given)),
    setLocal(FOUND, resized),
    when(isZero(found), call(trim), setLocal(FOUND, resized)),
    when(found, store(state, add(load(state, STATE_BYTES), subtract(sizeOf(found), block)), STATE_BYTES)),
    found,
  );
}

function usableBody(): number[] {
  const given = local(0);
  return body(0, when(isZero(given), give(constant(0))), subtract(sizeOf(given), constant(SIZE_WORD)));
}

const RETURN: Code = give([]);

/** What a block takes, its size word included. */
function sizeOf(block: Code): Code {
  return and(load(subtract(block, constant(SIZE_WORD))), constant(-8));
}

/** One block more, or less, of this size. */
function counted(state: Code, step: 1 | -1, block: Code): Code[] {
  const bytes = load(state, STATE_BYTES);
  return [
    store(state, add(load(state, STATE_COUNT), constant(step)), STATE_COUNT),
    store(state, step === 1 ? add(bytes, block) : subtract(bytes, block), STATE_BYTES),
  ];
}
