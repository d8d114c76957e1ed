/** The page of `skerry compare --html` in a real browser: on a phone, between, and on a wide screen, light and dark. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { KIND_NAMES, type Comparison } from "../../src/compare/comparison.ts";
import { pageReport } from "../../src/compare/report/page.ts";
import { absentKind, madeUpComparison } from "../../src/compare/report/test-comparison.ts";
import { Browser, findBrowser } from "./browser.ts";
import { complaints, look, LOOKS } from "./page-look.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-page-"));
test.after(() => rmSync(folder, { recursive: true }));
const skip = findBrowser() === undefined && "needs chromium";

let started: Promise<Browser> | undefined;
const browser = (): Promise<Browser> => (started ??= Browser.start(findBrowser()!));
test.after(async () => (await started)?.stop());

const { kinds } = madeUpComparison();
const COMPARISONS: readonly (readonly [name: string, comparison: Comparison])[] = [
  ["all kinds", madeUpComparison()],
  [
    "kinds of which most are absent",
    madeUpComparison({
      kinds: [kinds[0]!, ...KIND_NAMES.slice(1).map((name) => absentKind(name, "there is none here"))],
    }),
  ],
  ["one kind", madeUpComparison({ kinds: kinds.slice(-1) })],
];

function write(comparison: Comparison): string {
  const file = path.join(folder, "page.html");
  writeFileSync(file, pageReport(comparison));
  return file;
}

for (const [name, comparison] of COMPARISONS) {
  test(
    `a page of ${name} fits every width, can be read in light and dark, and asks for nothing`,
    { skip },
    async () => {
      const file = write(comparison);
      for (const how of LOOKS) {
        const where = `${how.width} px, ${how.scheme}`;
        const seen = await look(await browser(), file, how);
        assert.deepEqual(complaints(await browser()), [], where);
        assert.deepEqual(seen.wide, [], where);
        assert.deepEqual([seen.width, seen.viewport], [how.width, how.width], where);
        assert.equal(seen.background[0]! > 128, how.scheme === "light", where);
        assert.deepEqual(seen.faint, [], where);
        assert.equal(seen.scripts, 0);
      }
    },
  );
}

/** Where boxes are, in the browser's own numbers. */
const PLACES = `(() => {
  const shown = (query) => [...document.querySelectorAll(query)].filter((node) => node.getClientRects().length > 0);
  const box = (node) => { const { left, right, top, bottom } = node.getBoundingClientRect(); return { left, right, top, bottom }; };
  return {
    kinds: shown(".kind").map(box),
    grounds: shown(".ground, .own-ground > .box").map(box),
    piles: shown(".pile").map((pile) => [...pile.querySelectorAll(":scope > .box")].map(box)),
  };
})()`;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Places {
  readonly kinds: readonly Box[];
  readonly grounds: readonly Box[];
  readonly piles: readonly (readonly Box[])[];
}

test(
  "on a wide screen all stand side by side on one Linux; on a phone each has its own, below it",
  { skip },
  async () => {
    const file = write(madeUpComparison());
    const tab = await browser();
    await tab.open(file, { width: 1440, height: 900, scheme: "light" });
    const wide = (await tab.evaluate(PLACES)) as Places;
    assert.equal(wide.kinds.length, 5);
    assert.equal(wide.grounds.length, 1);
    wide.kinds.slice(1).forEach(({ left }, index) => assert.ok(left > wide.kinds[index]!.right));
    const [ground] = wide.grounds;
    assert.ok(ground!.left <= wide.kinds[0]!.left && ground!.right >= wide.kinds[4]!.right);
    for (const { bottom } of wide.kinds)
      assert.ok(Math.abs(bottom - wide.kinds[0]!.bottom) < 1 && bottom <= ground!.top);
    assert.deepEqual(
      wide.piles.map(({ length }) => length),
      [1, 1, 3, 2, 4],
    );
    for (const pile of wide.piles) {
      pile.slice(1).forEach(({ top }, index) => assert.ok(top >= pile[index]!.bottom, "from the app down"));
    }
    await tab.open(file, { width: 390, height: 900, scheme: "light" });
    const narrow = (await tab.evaluate(PLACES)) as Places;
    assert.equal(narrow.grounds.length, 5);
    narrow.kinds.slice(1).forEach(({ top }, index) => assert.ok(top >= narrow.kinds[index]!.bottom));
  },
);
