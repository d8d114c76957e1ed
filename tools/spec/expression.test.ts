import test from "node:test";
import assert from "node:assert/strict";
import { expressionsOf, Lines, readExpressions, type Expression, type Span } from "./expression.ts";

/** Lists as arrays, strings with their quotes. */
function plain(expression: Expression): unknown {
  if (expression.kind === "list") return expression.items.map(plain);
  return expression.kind === "atom" ? expression.text : JSON.stringify(expression.bytes);
}

const read = (source: string): unknown[] => readExpressions(source).map(plain);

test("lists, atoms and strings are read with their positions", () => {
  assert.deepEqual(read('(a (b "c") 0x1_0)d'), [["a", ["b", '"c"'], "0x1_0"], "d"]);
  const [list] = readExpressions("  (a)");
  assert.deepEqual([list!.start, list!.end], [2, 5]);
});

test("comments are skipped, nested ones too", () => {
  assert.deepEqual(read("a;;b\nc(;d(;e;)f;)g"), ["a", "c", "g"]);
  assert.deepEqual(read("(a;;)\r)"), [["a"]]);
});

test("annotations are dropped whatever they hold, and noted", () => {
  const annotations: Span[] = [];
  const found = readExpressions('(a (@x ; , "]" (b (@y))) c)', annotations).map(plain);
  assert.deepEqual(found, [["a", "c"]]);
  assert.deepEqual(annotations, [{ start: 3, end: 24 }]);
});

test("escapes in strings give bytes, a Unicode scalar its UTF-8", () => {
  const [text] = readExpressions(String.raw`"\t\n\"\'\\\00\fF\u{20_ac}"`);
  assert.equal(text?.kind === "string" && text.bytes, "\t\n\"'\\\u0000\u00ff\u00e2\u0082\u00ac");
});

test("a quoted identifier is one atom, spelled plainly", () => {
  assert.deepEqual(read(String.raw`$"a b" $"\41"`), ["$a b", "$A"]);
});

for (const [source, message] of [
  ["(a", /unclosed parenthesis/],
  ["a)", /closing parenthesis/],
  ["(; (; ;)", /unclosed comment/],
  ['"a', /unclosed string/],
  ['"a\nb"', /unclosed string/],
  [String.raw`"\g"`, /unknown escape/],
  [String.raw`"\u{d800}"`, /no Unicode scalar/],
  ['$""', /empty identifier/],
  ["a ; b", /unexpected character/],
] as const) {
  test(`${JSON.stringify(source)} is refused`, () => assert.throws(() => readExpressions(source), message));
}

test("what stands before an error is given before it", () => {
  const found: unknown[] = [];
  assert.throws(() => {
    for (const expression of expressionsOf("(a) (b) )")) found.push(plain(expression));
  });
  assert.deepEqual(found, [["a"], ["b"]]);
});

test("lines count from 1", () => {
  const lines = new Lines("a\nbc\n\nd");
  assert.deepEqual(
    [0, 1, 2, 4, 5, 6].map((position) => lines.at(position)),
    [1, 1, 2, 2, 3, 4],
  );
});
