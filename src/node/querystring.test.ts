/** Query strings beside Node's own. */
import test from "node:test";
import { besideNode } from "./beside-node.harness.ts";

const QUERIES = [
  "",
  "a=1",
  "a=1&a=2&a=3",
  "a",
  "=b",
  "a=b=c",
  "&&a=1&",
  "a%20b=c+d",
  "%=%zz&x=%41",
  "%C3%A4=%ff",
  "__proto__=1&constructor=2",
  "a=%E4%BD%A0",
];

test("queries are read and written as Node does", () =>
  besideNode(`import qs, { parse, stringify } from "node:querystring";`, [
    ...QUERIES.map((query) => `parse(${JSON.stringify(query)})`),
    `parse("a:1;b:2", ";", ":")`,
    `parse("a=1&b=2&c=3", null, null, { maxKeys: 2 })`,
    `parse("a=1", "&", "=", { decodeURIComponent: (x) => x + "!" })`,
    `parse(5)`,
    `stringify({ a: 1, b: ["x y", "ä"], c: true, d: null, e: undefined, f: NaN, g: {}, h: 5n, i: [] })`,
    `stringify({ a: 1, b: 2 }, ";", ":")`,
    `stringify("x")`,
    `stringify({ "!'()*-._~": "!'()*-._~" })`,
    `stringify({ a: "\\ud800" })`,
    `qs.escape("a b&") + qs.unescape("%41%zz")`,
    `qs.decode === qs.parse && qs.encode === qs.stringify`,
  ]));
