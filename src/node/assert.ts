/**
 * node:assert (Node 20). The messages of failed comparisons say what differs in one line, not Node's drawing of it.
 *
 * Tests:  assert.test.ts, beside Node's own
 */
import { isDeepEqual } from "./deep-equal.ts";
import { coded, invalidType, requireFunction } from "./errors.ts";
import { machine } from "./machine.ts";

interface AssertionOptions {
  readonly message?: unknown;
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly operator?: string;
}

export class AssertionError extends Error {
  readonly code = "ERR_ASSERTION";
  readonly generatedMessage: boolean;
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string | undefined;

  constructor({ message, actual, expected, operator }: AssertionOptions) {
    super(message === undefined ? describe(actual, expected, operator) : String(message));
    this.name = "AssertionError";
    this.generatedMessage = message === undefined;
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}

const SENTENCES: Readonly<Record<string, string>> = {
  deepEqual: "Expected values to be loosely deep-equal:",
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  equal: "Expected values to be loosely equal:",
  strictEqual: "Expected values to be strictly equal:",
  notDeepEqual: "Expected values not to be loosely deep-equal:",
  notDeepStrictEqual: "Expected values not to be strictly deep-equal:",
  notEqual: "Expected values not to be loosely equal:",
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
};

function describe(actual: unknown, expected: unknown, operator: string | undefined): string {
  const sentence = SENTENCES[operator ?? ""] ?? `${operator}:`;
  if (operator === "notStrictEqual") return `${sentence} ${machine.inspect(expected)}`;
  const compared = operator?.startsWith("not") ? "should not equal" : "should equal";
  return `${sentence}\n\n${machine.inspect(actual)}\n\n${compared}\n\n${machine.inspect(expected)}`;
}

type Message = string | Error | undefined;

interface Failure extends AssertionOptions {
  readonly message?: Message;
  /** What is said where the caller says nothing. */
  readonly generated?: string;
}

function require(holds: boolean, { generated, ...options }: Failure): void {
  if (holds) return;
  if (options.message instanceof Error) throw options.message;
  const error = new AssertionError(options);
  if (options.message === undefined && generated !== undefined) error.message = generated;
  throw error;
}

/** One comparison, and its negation. */
function comparison(operator: string, compare: (actual: unknown, expected: unknown) => boolean) {
  return (actual: unknown, expected: unknown, message?: Message): void =>
    require(compare(actual, expected), { actual, expected, message, operator });
}

// eslint-disable-next-line eqeqeq -- what the loose functions are about
const looselyEqual = (one: unknown, other: unknown) => one == other || (one !== one && other !== other);

export const equal = comparison("==", looselyEqual);
export const notEqual = comparison("!=", (one, other) => !looselyEqual(one, other));
export const strictEqual = comparison("strictEqual", Object.is);
export const notStrictEqual = comparison("notStrictEqual", (one, other) => !Object.is(one, other));
export const deepEqual = comparison("deepEqual", (one, other) => isDeepEqual(one, other, false));
export const notDeepEqual = comparison("notDeepEqual", (one, other) => !isDeepEqual(one, other, false));
export const deepStrictEqual = comparison("deepStrictEqual", (one, other) => isDeepEqual(one, other, true));
export const notDeepStrictEqual = comparison(
  "notDeepStrictEqual",
  (one, other) => !isDeepEqual(one, other, true),
);

export function ok(...values: [value?: unknown, message?: Message]): void {
  const [value, message] = values;
  const missing = "No value argument passed to `assert.ok()`";
  require(Boolean(value), {
    actual: value,
    expected: true,
    operator: "==",
    message,
    generated: values.length === 0 ? missing : "The expression evaluated to a falsy value",
  });
}

export function fail(message?: Message): never {
  require(false, { message, generated: "Failed", operator: "fail" });
  throw new Error("unreachable");
}

export function ifError(value: unknown): void {
  if (value === null || value === undefined) return;
  const shown = value instanceof Error ? value.message : machine.inspect(value);
  const message = `ifError got unwanted exception: ${shown}`;
  throw new AssertionError({ message, actual: value, expected: null, operator: "ifError" });
}

export function match(text: string, pattern: RegExp, message?: Message): void {
  matches(text, pattern, message, true);
}

export function doesNotMatch(text: string, pattern: RegExp, message?: Message): void {
  matches(text, pattern, message, false);
}

function matches(text: string, pattern: RegExp, message: Message, wanted: boolean): void {
  if (!(pattern instanceof RegExp)) throw invalidType("regexp", "RegExp", pattern);
  const is = typeof text === "string" && pattern.test(text) === wanted;
  const generated = `The input ${wanted ? "did not" : "was expected to not"} match the regular expression ${pattern}. Input:\n\n${machine.inspect(text)}\n`;
  require(is, {
    message,
    generated,
    actual: text,
    expected: pattern,
    operator: wanted ? "match" : "doesNotMatch",
  });
}

type Expected = RegExp | ((error: unknown) => unknown) | (new (...values: never[]) => Error) | object;

/** Whether what was thrown is what was expected: a class, a pattern, a test, or fields to have. */
function requireExpected(error: unknown, expected: Expected, message: Message): void {
  if (typeof expected === "function") {
    const isClass = expected.prototype !== undefined && error instanceof (expected as never);
    if (isClass) return;
    if (Error.isPrototypeOf(expected)) {
      const generated = `The error is expected to be an instance of "${expected.name}". Received ${shown(error)}`;
      require(false, { message, generated, actual: error, expected, operator: "throws" });
    }
    const valid = (expected as (error: unknown) => unknown).call({}, error);
    require(valid === true, {
      message,
      generated: 'The validation function is expected to return "true"',
      actual: error,
      expected,
      operator: "throws",
    });
  } else if (expected instanceof RegExp) {
    const text = String(error);
    require(expected.test(text), {
      message,
      generated: `The input did not match the regular expression ${expected}. Input:\n\n${machine.inspect(text)}\n`,
      actual: error,
      expected,
      operator: "throws",
    });
  } else {
    for (const [key, value] of fieldsOf(expected)) {
      const found = (error as Record<string, unknown>)[key];
      const is =
        value instanceof RegExp && typeof found === "string"
          ? value.test(found)
          : isDeepEqual(found, value, true);
      require(is, { message, actual: error, expected, operator: "throws" });
    }
  }
}

const shown = (error: unknown) =>
  error instanceof Error ? `"${error.name}"\n\nError message:\n\n${error.message}` : machine.inspect(error);

function fieldsOf(expected: object): [string, unknown][] {
  const fields = Object.entries(expected);
  if (expected instanceof Error) fields.push(["name", expected.name], ["message", expected.message]);
  if (fields.length === 0)
    throw coded(
      TypeError,
      "ERR_INVALID_ARG_VALUE",
      `The argument 'error' may not be an empty object. Received {}`,
    );
  return fields;
}

const THREW = Symbol("threw");

function settle(
  result: { readonly [THREW]?: unknown },
  expected: Expected | string | undefined,
  message: Message,
  operator: string,
): void {
  const text = typeof expected === "string" ? expected : message;
  if (!(THREW in result)) {
    const what = operator === "rejects" ? "rejection" : "exception";
    const given = text === undefined || text instanceof Error ? "." : `: ${text}`;
    require(false, {
      message:
        text instanceof Error
          ? text
          : `Missing expected ${what}${typeof expected === "function" && expected.prototype ? ` (${expected.name})` : ""}${given}`,
      operator,
      expected,
    });
  }
  if (expected !== undefined && typeof expected !== "string")
    requireExpected(result[THREW], expected, message);
}

export function throws(work: () => unknown, expected?: Expected | string, message?: Message): void {
  requireFunction(work, "fn");
  let result = {};
  try {
    work();
  } catch (error) {
    result = { [THREW]: error };
  }
  settle(result, expected, message, "throws");
}

export async function rejects(
  work: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected | string,
  message?: Message,
): Promise<void> {
  let result = {};
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    result = { [THREW]: error };
  }
  settle(result, expected, message, "rejects");
}

export function doesNotThrow(work: () => unknown, message?: string): void {
  requireFunction(work, "fn");
  try {
    work();
  } catch (error) {
    throw unwanted("exception", error, message);
  }
}

export async function doesNotReject(
  work: Promise<unknown> | (() => Promise<unknown>),
  message?: string,
): Promise<void> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    throw unwanted("rejection", error, message);
  }
}

function unwanted(what: string, error: unknown, message: string | undefined): AssertionError {
  const shown = (error as Error | undefined)?.message;
  const given = typeof message === "string" ? `: ${message}` : ".";
  return new AssertionError({
    message: `Got unwanted ${what}${given}\nActual message: "${shown}"`,
    actual: error,
    operator: what === "exception" ? "doesNotThrow" : "doesNotReject",
  });
}

const members = {
  AssertionError,
  deepEqual,
  deepStrictEqual,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  equal,
  fail,
  ifError,
  match,
  notDeepEqual,
  notDeepStrictEqual,
  notEqual,
  notStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
};
const call = (...values: [value?: unknown, message?: Message]) => ok(...values);

/** The loose names mean the strict functions. */
export const strict = Object.assign(call.bind(undefined), {
  ...members,
  equal: strictEqual,
  notEqual: notStrictEqual,
  deepEqual: deepStrictEqual,
  notDeepEqual: notDeepStrictEqual,
});
const assert = Object.assign(call, members, { strict });
Object.assign(strict, { strict });
export default assert;
