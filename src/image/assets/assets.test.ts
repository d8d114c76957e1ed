import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { UserError } from "../user-error.ts";
import { buildAssets } from "./assets.ts";
import { collectFiles } from "./collect.ts";

/** A folder that is to be served, beside one that is not. */
function folders(context: TestContext): { site: string; outside: string } {
  const root = mkdtempSync(path.join(os.tmpdir(), "skerry-assets-"));
  context.after(() => rmSync(root, { recursive: true }));
  const [site, outside] = [path.join(root, "site"), path.join(root, "outside")];
  for (const folder of [path.join(site, "docs"), outside]) mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(site, "index.html"), "home");
  writeFileSync(path.join(site, "docs/a.txt"), "a");
  writeFileSync(path.join(outside, "secret.txt"), "secret");
  return { site, outside };
}

const paths = async (site: string): Promise<string[]> =>
  (await collectFiles(site)).files.map(({ path }) => path);

const refused = (site: string, pattern: RegExp) =>
  assert.rejects(collectFiles(site), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, pattern);
    return true;
  });

test("a link out of the folder is refused, whichever way it leads there", async (context) => {
  const ways = [
    ["../outside/secret.txt", "leak.txt"],
    ["../outside", "leak"],
    ["/etc/passwd", "leak.txt"],
    ["docs/../../outside/secret.txt", "leak.txt"],
    ["..", "leak"],
  ] as const;
  for (const [target, name] of ways) {
    const { site } = folders(context);
    symlinkSync(target, path.join(site, name));
    await refused(site, /leak(\.txt)? is a link out of the folder, to /);
  }
});

test("a link to a link is followed to its end before it is judged", async (context) => {
  const { site, outside } = folders(context);
  symlinkSync(path.join(outside, "secret.txt"), path.join(site, ".hidden"));
  symlinkSync(".hidden", path.join(site, "leak.txt"));
  await refused(site, /leak\.txt is a link out of the folder/);
});

test("a name that begins as the folder's is outside of it", async (context) => {
  const { site } = folders(context);
  mkdirSync(`${site}-other`);
  writeFileSync(path.join(`${site}-other`, "a.txt"), "a");
  symlinkSync("../site-other/a.txt", path.join(site, "leak.txt"));
  await refused(site, /is a link out of the folder/);
});

test("links inside the folder lead where they say", async (context) => {
  const { site } = folders(context);
  symlinkSync("docs/a.txt", path.join(site, "b.txt"));
  symlinkSync("docs", path.join(site, "manual"));
  assert.deepEqual(await paths(site), ["/b.txt", "/docs/a.txt", "/index.html", "/manual/a.txt"]);
});

test("the folder itself may be a link", async (context) => {
  const { site } = folders(context);
  symlinkSync("site", `${site}-link`);
  assert.deepEqual(await paths(`${site}-link`), ["/docs/a.txt", "/index.html"]);
});

test("links without an end, and what is no file, are refused", async (context) => {
  const cases = [
    ["is a link that leads nowhere", (site: string) => symlinkSync("nothing", path.join(site, "x"))],
    ["is a link to itself", (site: string) => symlinkSync("x", path.join(site, "x"))],
    ["is a link to a folder that it lies in", (site: string) => symlinkSync(".", path.join(site, "docs/up"))],
    [
      "is a link to a folder that it lies in",
      (site: string) => symlinkSync("..", path.join(site, "docs/up")),
    ],
    ["is neither a file nor a folder", (site: string) => execFileSync("mkfifo", [path.join(site, "pipe")])],
  ] as const;
  for (const [why, make] of cases) {
    const { site } = folders(context);
    make(site);
    await refused(site, new RegExp(why));
  }
});

test("what begins with a dot stays out, but .well-known, and so do packages", async (context) => {
  const { site } = folders(context);
  for (const name of [".env", ".git/config", ".well-known/security.txt", "node_modules/a/index.js"]) {
    mkdirSync(path.dirname(path.join(site, name)), { recursive: true });
    writeFileSync(path.join(site, name), "x");
  }
  assert.deepEqual(await paths(site), ["/.well-known/security.txt", "/docs/a.txt", "/index.html"]);
});

test("a folder that is not there is named", async (context) => {
  const { site } = folders(context);
  await refused(path.join(site, "nowhere"), /there is no folder .*nowhere to serve files from/);
  await refused(path.join(site, "index.html"), /there is no folder/);
});

test("the same files give the same bytes, whatever their times and where they lie", async (context) => {
  const [one, other] = [folders(context).site, folders(context).site];
  utimesSync(path.join(other, "index.html"), 1, 1);
  const [first, second] = [await buildAssets({ directory: one }), await buildAssets({ directory: other })];
  assert.deepEqual(first.pack, second.pack);
  assert.deepEqual(first.facts, second.facts);
  writeFileSync(path.join(other, "index.html"), "hone");
  assert.notEqual((await buildAssets({ directory: other })).facts.sha256, first.facts.sha256);
});

test("files of one content lie in the image once", async (context) => {
  const { site } = folders(context);
  const content = "0123456789".repeat(10_000);
  writeFileSync(path.join(site, "one.png"), content);
  const before = (await buildAssets({ directory: site })).facts.sizeBytes;
  writeFileSync(path.join(site, "two.png"), content);
  const after = (await buildAssets({ directory: site })).facts.sizeBytes;
  assert.ok(after - before < 1000, `${after - before}`);
});
