import test from "node:test";
import assert from "node:assert/strict";
import { KIND_NAMES } from "../comparison.ts";
import { TITLES } from "../design.ts";
import { pageReport } from "./page.ts";
import { absentKind, madeUpComparison } from "./test-comparison.ts";
import { textReport } from "./text.ts";

const PLAIN = { title: (text: string) => text, aside: (text: string) => text };
const WIDTHS = [40, 60, 80, 100];

test("the text has every kind and every figure, in lines that fit", () => {
  for (const columns of WIDTHS) {
    const text = textReport(madeUpComparison(), { ...PLAIN, columns });
    const long = text.split("\n").filter((line) => line.length > columns);
    assert.deepEqual(long, [], `${columns} columns`);
    for (const name of KIND_NAMES) assert.ok(text.includes(`\n  ${TITLES[name]}\n`), name);
    for (const value of ["31 MiB", "689 KiB", "123 ms", "7 KiB"]) assert.ok(text.includes(value), value);
  }
});

test("a kind that ran emulated is marked, and the mark is explained", () => {
  const text = textReport(madeUpComparison(), { ...PLAIN, columns: 80 });
  assert.match(text, /microVM\*/);
  assert.match(text, /\* Linux microVM: it ran emulated/);
});

test("what was not measured is a dash and a reason, never a number", () => {
  const kinds = [...madeUpComparison().kinds.slice(0, 1), absentKind("skerry", "there is no QEMU here")];
  const comparison = madeUpComparison({ kinds });
  const text = textReport(comparison, { ...PLAIN, columns: 80 });
  assert.match(text, /first response +123 ms +–\n/);
  assert.match(text, /Skerry machine \(not measured\)/);
  assert.match(text, /not measured, and why\n {2}Skerry machine: there is no QEMU here\n/);
  const page = pageReport(comparison);
  assert.match(page, /not measured here/);
  assert.match(page, /there is no QEMU here/);
});

test("the page escapes what it is given, and holds no script and no request", () => {
  const page = pageReport(madeUpComparison());
  assert.match(page, /shop&lt;script&gt;/);
  assert.match(page, /A &amp; B/);
  assert.doesNotMatch(page, /<script|<img|<link|https?:|url\(/);
  assert.ok(page.includes("default-src &#39;none&#39;"));
});

test("areas of squares are to one scale: a layer with a quarter of the code has half the side", () => {
  const [process] = madeUpComparison().kinds;
  const [app, host] = process!.layers;
  const code = (value: number) => ({ codeBytes: { value, how: "made up" } });
  const layers = [
    { ...app!, ...code(4_000_000) },
    { ...host!, ...code(1_000_000) },
  ];
  const page = pageReport(madeUpComparison({ kinds: [{ ...process!, layers }] }));
  const sides = [...page.matchAll(/class="area" style="width:([\d.]+)px/g)].map(([, side]) => Number(side));
  assert.equal(sides[0], sides[1]! * 2);
});

test("answers that differ are told one by one", () => {
  const request = {
    path: "/",
    answers: [
      { kind: "process" as const, status: 200, bodyBytes: 13 },
      { kind: "skerry" as const, status: 500, bodyBytes: 1 },
    ],
    isSameEverywhere: false,
  };
  const text = textReport(madeUpComparison({ request }), { ...PLAIN, columns: 100 });
  assert.match(text, /asked GET \/: process 200, 13 bytes; skerry 500, 1 bytes/);
});
