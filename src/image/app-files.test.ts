import test from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Compartment } from "../faces/js/compartment.harness.ts";
import { compartmentParts } from "../faces/js/compartment-parts.harness.ts";
import { bundleApp } from "./bundle.ts";
import { UserError } from "./user-error.ts";

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

async function inFolder<T>(source: string, work: (entry: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-files-"));
  try {
    mkdirSync(path.join(directory, "views/deep"), { recursive: true });
    writeFileSync(path.join(directory, "views/page.html"), "<p>ä</p>");
    writeFileSync(path.join(directory, "views/deep/bytes"), EVERY_BYTE);
    writeFileSync(path.join(directory, "other.html"), "other");
    writeFileSync(path.join(directory, "app.ts"), source);
    return await work(path.join(directory, "app.ts"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function printed(source: string): Promise<unknown[]> {
  return inFolder(source, async (entry) => {
    const app = new Compartment(await compartmentParts()).start((await bundleApp(entry)).script);
    app.runAlarms();
    assert.equal(app.errors, "");
    return app.output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  });
}

test("a file that is imported as one is read by its path, bytes and all", async () => {
  const found = await printed(`
    import fs from "node:fs";
    import page from "./views/page.html" with { type: "file" };
    import bytes from "./views/deep/bytes" with { type: "file" };
    import text from "./other.html";
    console.log(JSON.stringify([page, fs.readFileSync(page, "utf8"), fs.existsSync("/other.html"), text]));
    console.log(JSON.stringify([...fs.readFileSync(bytes)]));
    const { size, mtimeMs } = fs.statSync("views/page.html");
    console.log(JSON.stringify([size, mtimeMs, fs.statSync(page).isFile(), fs.readdirSync("/views")]));
    fs.createReadStream(bytes, { start: 250, end: 252 }).on("data", (piece) => console.log(JSON.stringify([...piece])));`);
  assert.deepEqual(found, [
    ["/views/page.html", "<p>ä</p>", false, "other"],
    [...EVERY_BYTE],
    [9, 0, true, ["deep", "page.html"]],
    [250, 251, 252],
  ]);
});

test("a folder brings every file below, all of them inputs that are watched", async () => {
  const source = `import views from "./views" with { type: "file" }; import { readdirSync, writeFileSync, promises } from "fs";
    const kinds = readdirSync(views, { withFileTypes: true }).map((one) => [one.name, one.isDirectory()]);
    const refused = await promises.writeFile("/views/page.html", "x").catch((error) => error.code);
    console.log(JSON.stringify([views, kinds, readdirSync("/views/deep"), refused]));`;
  assert.deepEqual(await printed(source), [
    [
      "/views",
      [
        ["deep", true],
        ["page.html", false],
      ],
      ["bytes"],
      "EROFS",
    ],
  ]);
  const inputs = await inFolder(source, async (entry) => {
    const folder = path.dirname(entry) + path.sep;
    return (await bundleApp(entry)).inputs.filter((input) => input.startsWith(folder));
  });
  assert.deepEqual(inputs.map((input) => path.basename(input)).sort(), [
    "app.ts",
    "bytes",
    "deep",
    "page.html",
    "views",
  ]);
});

test("a file that is not there names the importer", async () => {
  await inFolder(`import "./none" with { type: "file" };`, (entry) =>
    assert.rejects(bundleApp(entry), (error: UserError) => {
      return (
        error instanceof UserError && /^app\.ts:1:8: there is no file or folder .*none/.test(error.message)
      );
    }),
  );
});
