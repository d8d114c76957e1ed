/** node:util, node:string_decoder and deep equality beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

test("util formats, promisifies, inherits and tells types as Node does", () =>
  besideNode(
    `import util, { promisify, types } from "node:util"; import { EventEmitter } from "node:events"; const { inspect } = util;`,
    [
      `util.format("%s %d %i %j %o %% %x", "a", 1.5, 1.5, { a: 1 })`,
      `util.format("a", "b", 1, { c: [1, 'x'] })`,
      `util.format(1, "a")`,
      `inspect({ a: { b: { c: { d: 1 } } } })`,
      `inspect({ a: { b: { c: { d: 1 } } } }, { depth: 0 })`,
      `inspect({ a: { b: { c: 1 } } }, { depth: null })`,
      `inspect({ a: { b: { c: { d: 1 } } } }, false, 1)`,
      `inspect({ [inspect.custom](depth) { return "custom " + depth; } })`,
      `inspect({ x: { [inspect.custom]: () => ({ y: 1 }) } })`,
      `inspect("it's")`,
      `inspect(Buffer.from("abc"))`,
      `promisify((a, done) => done(null, a + 1))(1)`,
      `promisify((done) => done(new Error("no")))()`,
      `promisify(Object.assign(() => {}, { [promisify.custom]: async () => "own" }))()`,
      `promisify(1)`,
      `new Promise((done) => util.callbackify(async (a) => a * 2)(4, (error, value) => done([error, value])))`,
      `(() => { function A() {} util.inherits(A, EventEmitter); return [new A() instanceof EventEmitter, A.super_ === EventEmitter]; })()`,
      `util.stripVTControlCharacters("\\u001b[31mred\\u001b[0m")`,
      `[types.isDate(new Date()), types.isDate({}), types.isRegExp(/x/), types.isMap(new Map()), types.isSet([])]`,
      `[types.isTypedArray(new Uint8Array()), types.isUint8Array(Buffer.alloc(1)), types.isUint16Array(Buffer.alloc(1))]`,
      `[types.isBoxedPrimitive(new String("")), types.isArgumentsObject((function () { return arguments; })())]`,
      `[types.isPromise(Promise.resolve()), types.isNativeError(new TypeError()), types.isAnyArrayBuffer(new ArrayBuffer(1))]`,
      `[types.isGeneratorFunction(function* () {}), types.isAsyncFunction(async () => {}), types.isGeneratorObject((function* () {})())]`,
      `util.toUSVString("a\\ud800")`,
      `util.isArray([]) && util.isString("") && !util.isObject(null)`,
    ],
  ));

const PAIRS = [
  "1, 1",
  "1, '1'",
  "NaN, NaN",
  "0, -0",
  "{ a: 1, b: 2 }, { b: 2, a: 1 }",
  "{ a: 1 }, { a: 1, b: undefined }",
  "[1, [2]], [1, [2]]",
  "[1, , 2], [1, undefined, 2]",
  "new Map([[{ a: 1 }, 2]]), new Map([[{ a: 1 }, 2]])",
  "new Map([[1, 2]]), new Map([['1', 2]])",
  "new Set([{ a: 1 }, 2]), new Set([2, { a: 1 }])",
  "new Set([1]), new Set([2])",
  "new Date(1), new Date(1)",
  "new Date(1), new Date(2)",
  "/a/g, /a/i",
  "new Error('a'), new Error('a')",
  "new Error('a'), new TypeError('a')",
  "Buffer.from('a'), Buffer.from('a')",
  "Buffer.from('a'), new Uint8Array([97])",
  "new Uint8Array([1]), new Uint8Array([2])",
  "new Float32Array([0]), new Float32Array([-0])",
  "new (class A {})(), new (class B {})()",
  "{}, []",
  "null, {}",
  "null, undefined",
  "new String('a'), new String('b')",
  "Object.create(null), {}",
  "{ [Symbol.for('x')]: 1 }, { [Symbol.for('x')]: 2 }",
];

test("deep equality is Node's, strict and loose", () =>
  besideNode(
    `import { isDeepStrictEqual } from "node:util"; import assert from "node:assert";
     const loose = (a, b) => { try { assert.deepEqual(a, b); return true; } catch { return false; } };`,
    [
      ...PAIRS.flatMap((pair) => [`isDeepStrictEqual(${pair})`, `loose(${pair})`]),
      `(() => { const a = {}; a.a = a; const b = {}; b.a = b; return isDeepStrictEqual(a, b); })()`,
    ],
  ));

const PIECES = [
  `[0xe2], [0x82], [0xac, 0x61]`,
  `[0xf0, 0x9f], [0x98, 0x80]`,
  `[0x61, 0xe2, 0x82]`,
  `[0xe2, 0x28], [0xa1]`,
  `[0xff, 0xc3], [0x28]`,
  `[0x61], [0x62, 0x63], [0x64]`,
  `[0x3d, 0xd8], [0x00, 0xde], [0x61]`,
  `[0xe0, 0x80], [0x80]`,
];

test("pieces of bytes become the same text", () =>
  besideNode(
    `import { StringDecoder } from "node:string_decoder";
     const decode = (encoding, ...pieces) => { const decoder = new StringDecoder(encoding); return [...pieces.map((one) => decoder.write(Buffer.from(one))), decoder.end(), decoder.encoding]; };`,
    [
      ...["utf8", "utf16le", "base64", "hex", "latin1", "ascii", "base64url"].flatMap((encoding) =>
        PIECES.map((pieces) => `decode("${encoding}", ${pieces})`),
      ),
      `new StringDecoder("none")`,
      `new StringDecoder().write(1)`,
      `new StringDecoder().end(Buffer.from([0xe2]))`,
    ],
  ));
