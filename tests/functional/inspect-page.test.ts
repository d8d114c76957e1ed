/** The page of `skerry inspect --html` in a real browser: on a phone, between, and on a wide screen, light and dark. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Browser, findBrowser } from "./browser.ts";
import { complaints, look, LOOKS } from "./page-look.ts";
import { skerry } from "./skerry.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-page-"));
test.after(() => rmSync(folder, { recursive: true }));

const PAGES: readonly (readonly [name: string, ...words: string[]])[] = [
  ["hono", "examples/hono/server.ts"],
  ["process", "examples/http-native/main.ts", "--target", "process"],
  ["console", "examples/console/main.ts"],
];

let started: Promise<Browser> | undefined;
const browser = (): Promise<Browser> => (started ??= Browser.start(findBrowser()!));
test.after(async () => (await started)?.stop());

const skip = findBrowser() === undefined && "needs chromium";

for (const [name, ...words] of PAGES) {
  test(
    `the page of ${name} fits every width, can be read in light and dark, and asks for nothing`,
    { skip },
    async () => {
      const file = path.join(folder, `${name}.html`);
      const { status, errors } = await skerry("inspect", ...words, "--html", "-o", file);
      assert.equal(status, 0, errors);
      for (const how of LOOKS) {
        const seen = await look(await browser(), file, how);
        const where = `${how.width} px, ${how.scheme}`;
        assert.deepEqual(complaints(await browser()), [], where);
        assert.deepEqual(
          [seen.width, seen.viewport],
          [how.width, how.width],
          `${where}: ${seen.wide.join(" ")}`,
        );
        assert.deepEqual(seen.wide, [], where);
        const kind = how.width > 960 ? "wide" : how.width > 620 ? "medium" : "narrow";
        assert.ok(seen.drawings.length >= 1);
        assert.deepEqual(new Set(seen.drawings), new Set([`drawing ${kind}`]), where);
        assert.ok(seen.texts >= 3, where);
        assert.equal(seen.background[0]! > 128, how.scheme === "light", where);
        assert.deepEqual(seen.spilt, [], where);
        assert.deepEqual(seen.faint, [], where);
        assert.equal(seen.sections.length, 7);
        assert.equal(seen.scripts, 0);
      }
    },
  );
}

test("the same looks find what is wrong with a page that is broken", { skip }, async () => {
  const good = readFileSync(path.join(folder, "console.html"), "utf8");
  const file = path.join(folder, "broken.html");
  const broken = good
    .replace("<main>", `<main><div style="width:700px">wide</div><img src="http://192.0.2.1/x.png">`)
    .replace("--soft: #5a6672", "--soft: #c9d0d6")
    .replace("font-size: 13px; fill: #fff", "font-size: 60px; fill: #fff");
  writeFileSync(file, broken);
  const seen = await look(await browser(), file, { width: 390, height: 900, scheme: "light" });
  assert.ok(seen.width > 390);
  assert.match(seen.wide.join(), /DIV/);
  assert.ok(seen.faint.length > 5);
  assert.ok(seen.spilt.length > 0);
  assert.match(
    complaints(await browser()).join(),
    /Content Security Policy|asks for http:\/\/192\.0\.2\.1/,
    "its own policy refuses",
  );
});
