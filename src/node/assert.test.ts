/** node:assert beside Node's own: what is thrown, and the messages that packages and people read. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const SETUP = `import assert, { AssertionError, strict } from "node:assert"; import strictly, { equal } from "node:assert/strict";
const kind = async (work) => { try { await work(); return "holds"; } catch (error) { return [error.name, error.code, error.operator, error.generatedMessage]; } };
const text = async (work) => { try { await work(); return "holds"; } catch (error) { return error.message; } };`;

const CALLS = [
  "assert(1)",
  "assert.equal(1, '1')",
  "assert.equal(1, 2)",
  "assert.notEqual(1, 1)",
  "assert.strictEqual(1, '1')",
  "assert.strictEqual(NaN, NaN)",
  "assert.notStrictEqual(1, 1)",
  "assert.deepStrictEqual({ a: 1 }, { a: 1 })",
  "assert.deepStrictEqual({ a: 1 }, { a: '1' })",
  "assert.notDeepStrictEqual({ a: 1 }, { a: 1 })",
  "strict.equal(1, '1')",
  "equal(1, '1')",
  "strictly.deepEqual([1], ['1'])",
  "assert.match('abc', /b/)",
  "assert.match('abc', /x/)",
  "assert.doesNotMatch('abc', /b/)",
  "assert.throws(() => { throw new TypeError('x'); }, TypeError)",
  "assert.throws(() => { throw new TypeError('x'); }, RangeError)",
  "assert.throws(() => { throw new TypeError('x'); }, /x/)",
  "assert.throws(() => { throw new TypeError('x'); }, /y/)",
  "assert.throws(() => { throw new TypeError('x'); }, { name: 'TypeError', message: /x/ })",
  "assert.throws(() => { throw new TypeError('x'); }, { message: 'y' })",
  "assert.throws(() => { throw new TypeError('x'); }, (e) => e.message === 'x')",
  "assert.throws(() => { throw new TypeError('x'); }, (e) => false)",
  "assert.throws(() => 1)",
  "assert.throws(() => 1, TypeError, 'said')",
  "assert.throws('no function')",
  "assert.rejects(async () => { throw new Error('x'); }, /x/)",
  "assert.rejects(Promise.resolve(1))",
  "assert.doesNotThrow(() => { throw new Error('x'); })",
  "assert.doesNotReject(Promise.reject(new Error('x')), 'said')",
  "assert.ifError(null)",
  "assert.ifError(new Error('bad'))",
  "assert.fail()",
  "assert.fail('why')",
  "assert.fail(new TypeError('own'))",
  "assert(0, 'said')",
  "assert.equal(1, 2, new RangeError('own'))",
];

test("what holds and what is thrown is as in Node", () =>
  besideNode(SETUP, [
    ...CALLS.map((call) => `kind(() => ${call})`),
    ...[
      "assert.equal(1, 2, 'said')",
      "assert.throws(() => 1)",
      "assert.throws(() => 1, TypeError)",
      "assert.throws(() => 1, 'said')",
      "assert.doesNotThrow(() => { throw new Error('x'); })",
      "assert.doesNotReject(Promise.reject(new Error('x')), 'said')",
      "assert.ifError(new Error('bad'))",
      "assert.fail()",
      "assert.ok()",
      "assert.notStrictEqual(1, 1)",
      "assert.rejects(Promise.resolve(1))",
      "assert.match('abc', /x/)",
    ].map((call) => `text(() => ${call})`),
    `new AssertionError({ message: "m", actual: 1, expected: 2, operator: "o" }).actual`,
  ]));
