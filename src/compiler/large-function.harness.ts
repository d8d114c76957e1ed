/** Functions that are large in one way each: how many blocks, locals, loops or values they have is given. */
import { leb, moduleOf, section, vector, type Bytes } from "./wasm/module.harness.ts";

/** Code as it is written: instructions in lists, as deep as is handy. */
type Code = readonly (number | Code)[];

const LOCALS = 20;
const I32 = 0x7f;
const EMPTY = 0x40;

const parameter: Code = [0x20, 0];
const get = (local: number): Code => [0x20, leb(local + 1)];
const set = (local: number, value: Code): Code => [value, 0x21, leb(local + 1)];
/** Not negative; five bytes long, so that signed and unsigned LEB128 are the same. */
const constant = (value: number): Code => [
  0x41,
  [0, 7, 14, 21].map((shift) => ((value >>> shift) & 0x7f) | 0x80),
  value >>> 28,
];
const add = (a: Code, b: Code): Code => [a, b, 0x6a];
const multiply = (a: Code, b: Code): Code => [a, b, 0x6c];
const less = (a: Code, b: Code): Code => [a, b, 0x48];
const load = (address: Code, offset = 0): Code => [address, 0x28, 2, leb(offset)];
const store = (address: Code, value: Code, offset = 0): Code => [address, value, 0x36, 2, leb(offset)];
const block = (body: Code): Code => [0x02, EMPTY, body, 0x0b];
const loop = (body: Code): Code => [0x03, EMPTY, body, 0x0b];
const either = (condition: Code, yes: Code, no: Code): Code => [condition, 0x04, EMPTY, yes, 0x05, no, 0x0b];
const branch = (depth: number): Code => [0x0c, leb(depth)];
const branchIf = (depth: number, condition: Code): Code => [condition, 0x0d, leb(depth)];
const repeat = (count: number, each: (index: number) => Code): Code =>
  Array.from({ length: count }, (_, i) => each(i));

/** Thousands of ways that part and meet again. */
export function diamonds(count: number): Uint8Array {
  return moduleOfFunction(
    LOCALS,
    repeat(count, (i) =>
      either(
        less(get(i % LOCALS), constant(i)),
        set((i * 7) % LOCALS, add(get((i * 3) % LOCALS), constant(i))),
        set((i * 3) % LOCALS, multiply(parameter, get((i + 1) % LOCALS))),
      ),
    ),
  );
}

/** One loop behind the other, each in a loop of its own. */
export function loops(count: number): Uint8Array {
  const again = (local: number): Code => branchIf(0, less(get(local), parameter));
  return moduleOfFunction(
    LOCALS,
    repeat(count, (i) => {
      const [inner, outer] = [i % LOCALS, (i + 1) % LOCALS];
      const turn = (local: number): Code => set(local, add(get(local), get((i * 3) % LOCALS)));
      return loop([loop([turn(inner), again(inner)]), turn(outer), again(outer)]);
    }),
  );
}

/** An interpreter's loop: a switch over `count` cases that all come back. */
export function dispatch(count: number): Uint8Array {
  let cases = block([load(get(0)), 0x0e, leb(count - 1), repeat(count, (i) => leb(i))]);
  for (let i = 0; i < count; i++) {
    cases = block([
      cases,
      set(i % LOCALS, add(get((i * 3) % LOCALS), load(get((i * 7) % LOCALS), i))),
      store(get(1), get((i + 3) % LOCALS), i * 4),
      set(0, add(get(0), constant(4))),
      branch(count - i),
    ]);
  }
  return moduleOfFunction(LOCALS, loop(cases));
}

/** All locals live at once, changed in a loop. */
export function localsInLoop(count: number): Uint8Array {
  return moduleOfFunction(count, [
    repeat(count, (i) => set(i, load(parameter, i * 4))),
    loop([repeat(count, (i) => set(i, add(get(i), get((i * 7) % count)))), branchIf(0, get(1))]),
    repeat(count, (i) => store(parameter, get(i), i * 4)),
  ]);
}

/** One block. */
export function straight(count: number): Uint8Array {
  return moduleOfFunction(
    LOCALS,
    repeat(count, (i) =>
      set(i % LOCALS, add(multiply(get((i * 3) % LOCALS), parameter), load(get((i * 7) % LOCALS), i * 4))),
    ),
  );
}

/** One sum, as deep as it has terms: nothing may recurse over values. */
export function sum(count: number): Uint8Array {
  const terms = repeat(count, (i) => load(parameter, i * 4));
  return moduleOfFunction(1, set(0, [terms, repeat(count - 1, () => [0x6a])]));
}

/** Of type (i32) -> i32, with i32 locals; local 0 is the result. */
function moduleOfFunction(locals: number, code: Code): Uint8Array {
  const body = [...leb(1), ...leb(locals), I32, ...flat([code, get(0), 0x0b])];
  return moduleOf(
    section(1, vector([[0x60, 1, I32, 1, I32]])),
    section(3, vector([[0]])),
    section(5, vector([[0, 1]])),
    section(10, vector([[...leb(body.length), ...body]])),
  );
}

/** Without recursion: a switch of thousands of cases is as deep. */
function flat(code: Code): Bytes {
  const bytes: number[] = [];
  const open: (number | Code)[] = [code];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === "number") bytes.push(next);
    else for (let i = next.length - 1; i >= 0; i--) open.push(next[i]!);
  }
  return bytes;
}
