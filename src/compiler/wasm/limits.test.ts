import test from "node:test";
import { BRANCH_TABLE_LIMIT, FUNCTION_LOCALS_LIMIT, PARAMETERS_LIMIT } from "./limits.ts";
import {
  assertAccepted,
  assertRefused,
  leb,
  moduleOf,
  moduleWithCode,
  section,
  vector,
} from "./module.harness.ts";

const filled = (count: number, byte: number): number[] => new Array<number>(count).fill(byte);
const times = (count: number, ...bytes: number[]): number[] => new Array<number[]>(count).fill(bytes).flat();

function withLocals(count: number, parameterCount: number): Uint8Array {
  const body = [1, ...leb(count), 0x7e, 0x0b];
  return moduleOf(
    section(1, vector([[0x60, ...leb(parameterCount), ...filled(parameterCount, 0x7f), 0]])),
    section(3, [1, 0]),
    section(10, vector([[...leb(body.length), ...body]])),
  );
}

const tooLarge = (bytes: Uint8Array, message: string): void =>
  assertRefused(bytes, { kind: "unsupported", message: `${message}, the limit is` });

test("locals: a few bytes may not ask for much memory", () => {
  assertAccepted(withLocals(FUNCTION_LOCALS_LIMIT, 0));
  assertAccepted(withLocals(FUNCTION_LOCALS_LIMIT - 3, 3));
  tooLarge(withLocals(FUNCTION_LOCALS_LIMIT + 1, 0), "too many locals: 50001");
  tooLarge(withLocals(FUNCTION_LOCALS_LIMIT, 1), "too many locals");
  tooLarge(withLocals(0xffffffff, 0), "too many locals: 4294967295");
});

test("locals: nor may many functions together", () => {
  const count = 300;
  const body = [1, ...leb(FUNCTION_LOCALS_LIMIT), 0x7f, 0x0b];
  const bodies = new Array<number[]>(count).fill([...leb(body.length), ...body]);
  const types = section(1, vector([[0x60, 0, 0]]));
  const functions = section(3, [...leb(count), ...filled(count, 0)]);
  tooLarge(moduleOf(types, functions, section(10, vector(bodies))), "too many locals in all functions");
});

test("parameters", () => {
  const type = (count: number): Uint8Array =>
    moduleOf(section(1, vector([[0x60, ...leb(count), ...filled(count, 0x7f), 0]])));
  assertAccepted(type(PARAMETERS_LIMIT));
  tooLarge(type(PARAMETERS_LIMIT + 1), "1001 parameters");
});

test("labels of a br_table", () => {
  const table = (count: number): Uint8Array =>
    moduleWithCode([0x41, 0, 0x0e, ...leb(count), ...filled(count + 1, 0)]);
  assertAccepted(table(BRANCH_TABLE_LIMIT));
  tooLarge(table(BRANCH_TABLE_LIMIT + 1), "br_table of 65521 labels");
});

test("operands: a call of few bytes may give many", () => {
  const results = filled(1000, 0x7f);
  const body = [0, ...times(1100, 0x10, 0), 0x00, 0x0b];
  const bytes = moduleOf(
    section(
      1,
      vector([
        [0x60, 0, ...leb(1000), ...results],
        [0x60, 0, 0],
      ]),
    ),
    section(2, [1, 0, 0, 0, 0]),
    section(3, [1, 1]),
    section(10, vector([[...leb(body.length), ...body]])),
  );
  tooLarge(bytes, "too many operands");
});

test("constant expressions", () => {
  const global = (additions: number): Uint8Array =>
    moduleOf(section(6, vector([[0x7f, 0, 0x41, 1, ...times(additions, 0x41, 1, 0x6a), 0x0b]])));
  assertAccepted(global(499));
  tooLarge(global(500), "constant expression too long");
});

test("tables", () => {
  assertAccepted(moduleOf(section(4, [1, 0x70, 1, ...leb(10_000_000), ...leb(0xffffffff)])));
  tooLarge(moduleOf(section(4, [1, 0x70, 0, ...leb(10_000_001)])), "table of 10000001 elements");
});

test("blocks may be nested as deep as the body is long", () => {
  const depth = 100_000;
  assertAccepted(moduleWithCode([...times(depth, 0x02, 0x40), ...filled(depth, 0x0b)]));
});
