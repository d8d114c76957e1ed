/** `skerry inspect` as its user meets it: every example, every format, and every file that is no whole image. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Inspection } from "../../src/audit/inspection.ts";
import { PLATFORMS } from "../../src/library/write-image.ts";
import { inspectEntry } from "../../src/library/inspect.ts";
import { ROOT, skerry } from "./skerry.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-inspect-"));
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);

const EXAMPLES = readdirSync(path.join(ROOT, "examples")).flatMap((name) => {
  const inside = readdirSync(path.join(ROOT, "examples", name));
  return inside
    .filter((file) => /^(server|main)\.ts$/.test(file))
    .map((file) => path.join(ROOT, "examples", name, file));
});

const TARGETS = process.env["SKERRY_LONG"] === "1" ? Object.values(PLATFORMS) : [PLATFORMS.qemu];

test("every example's image is described whole: a machine's, in the long tests a process's too", async () => {
  assert.ok(EXAMPLES.length >= 12);
  for (const entry of EXAMPLES) {
    for (const platform of TARGETS) {
      const {
        bytes,
        file,
        executable,
        compartments,
        services,
        platform: is,
      } = await inspectEntry(entry, { platform });
      assert.equal(is, platform);
      assert.equal(
        bytes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        file.sizeBytes,
        entry,
      );
      const ranges = executable.ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      assert.equal(ranges, executable.mappedBytes, entry);
      assert.ok(compartments.every(({ name, granted }) => name === "keel" || granted.length > 0));
      assert.ok(services.some(({ isIn }) => !isIn) && services.some(({ isIn }) => isIn));
    }
  }
});

test("text, JSON, page and bill of materials tell of one image", async () => {
  const image = at("console.elf");
  const built = await skerry("build", "examples/console/main.ts", "-o", image);
  assert.equal(built.status, 0, built.errors);
  const { output: json, status } = await skerry("inspect", image, "--json");
  assert.equal(status, 0);
  const inspection = JSON.parse(json) as Inspection;
  const { sha256, sizeBytes } = inspection.file;
  assert.equal(sizeBytes, statSync(image).size);
  assert.deepEqual(
    inspection.services.filter(({ isIn }) => isIn).map(({ name }) => name),
    ["app", "console"],
  );
  const app = inspection.compartments.find(({ name }) => name === "app")!;
  assert.deepEqual(app.granted, ["app.exit", "console.write", "env.abort"]);
  const kernel = inspection.bytes.find(({ owner, kind }) => owner === "kernel" && kind === "code")!;
  assert.ok(
    kernel.groups!.some(({ name }) => name === "drivers/virtio"),
    "names stand beside the image",
  );

  const text = await skerry("inspect", image);
  assert.match(text.output, new RegExp(`sha256 ${sha256}`));
  assert.match(text.output, /not in {2}.*clock entropy ip.*/);
  assert.ok(text.output.split("\n").every((line) => line.length <= 100));

  const page = await skerry("inspect", image, "--html");
  assert.match(page.output, /^<!doctype html>/);
  assert.ok(page.output.includes(sha256));
  assert.doesNotMatch(page.output, /<script|src=|href=|@import|url\(/);

  const file = at("console.cdx.json");
  assert.equal((await skerry("inspect", image, "--sbom", "-o", file)).output, "");
  assert.ok(readFileSync(file, "utf8").includes(sha256));
});

test("an image tells the same without the file beside it, but for names", async () => {
  const image = at("alone.elf");
  await skerry("build", "examples/console/main.ts", "-o", image);
  const read = async () => JSON.parse((await skerry("inspect", image, "--json")).output) as Inspection;
  const beside = await read();
  rmSync(`${image}.debug`);
  const alone = await read();
  assert.ok(beside.bytes.some(({ groups }) => groups !== undefined));
  assert.ok(alone.bytes.every(({ groups }) => groups === undefined));
  const withoutGroups = beside.bytes.map(({ owner, kind, sizeBytes }) => ({ owner, kind, sizeBytes }));
  assert.deepEqual({ ...beside, bytes: withoutGroups }, alone);
});

test("in a disk and in an archive the image is found, and the report says where", async () => {
  const hashes = new Set<string>();
  for (const [ending, format] of [["elf"], ["img", "raw"], ["tar", "oci"]] as const) {
    const image = at(`formats.${ending}`);
    await skerry("build", "examples/console/main.ts", "-o", image);
    const { file, within, bytes } = JSON.parse(
      (await skerry("inspect", image, "--json")).output,
    ) as Inspection;
    hashes.add(file.sha256);
    assert.equal(within?.format, format);
    if (format !== undefined) assert.equal(within?.sizeBytes, statSync(image).size);
    assert.ok(bytes.some(({ groups }) => groups !== undefined));
  }
  assert.equal(hashes.size, 1);
  assert.match((await skerry("inspect", at("formats.img"))).output, /found in a disk of .*boot\s+loader/s);
  writeFileSync(at("cut.img"), readFileSync(at("formats.img")).subarray(0, 40_000));
  const cut = await skerry("inspect", at("cut.img"));
  assert.deepEqual([cut.status, /cut\.img holds no complete image/.test(cut.errors)], [2, true]);
});

test("what a folder is called is text, wherever it is shown", async () => {
  const called = at("a&b <u>");
  mkdirSync(called);
  writeFileSync(path.join(called, "server.ts"), "export default { fetch: () => new Response('x') };");
  const { output, errors, status } = await skerry("inspect", path.join(called, "server.ts"), "--html");
  assert.equal(status, 0, errors);
  assert.match(output, /<h1>a&amp;b &lt;u&gt;<\/h1>/);
  assert.doesNotMatch(output, /<u>/);
});

test("a file that is no whole image is refused, with what to do", async () => {
  const image = at("whole.elf");
  await skerry("build", "examples/console/main.ts", "-o", image, "--target", "process");
  const bytes = readFileSync(image);
  const changed = Buffer.from(bytes);
  changed[4096 + 100]! ^= 1;
  const noManifest = Buffer.from(bytes);
  noManifest[bytes.lastIndexOf("}")] = 0x20;
  const files: readonly (readonly [name: string, content: Buffer, message: RegExp])[] = [
    [
      "cut.elf",
      bytes.subarray(0, bytes.length / 2),
      /cut\.elf is a broken file: a segment is cut off\n {2}copy it again/,
    ],
    ["head.elf", bytes.subarray(0, 40), /head\.elf is a broken file: its header is cut off/],
    ["changed.elf", changed, /changed\.elf was changed after it was built: .*\n {2}do not run it/],
    ["manifest.elf", noManifest, /manifest\.elf has a broken manifest/],
    ["node.elf", readFileSync(process.execPath).subarray(0, 4_000_000), /node\.elf is /],
  ];
  for (const [name, content, message] of files) {
    writeFileSync(at(name), content);
    for (const format of name === "cut.elf" ? [[], ["--json"], ["--html"], ["--sbom"]] : [[]]) {
      const { status, output, errors } = await skerry("inspect", at(name), ...format);
      assert.equal(status, 2, name);
      const said = format[0] === "--json" ? output.replace(/","hint":"/, "\n  ") : errors;
      assert.match(said, message);
      assert.doesNotMatch(said, /bug in Skerry/);
    }
  }
});

test("formats do not go together, and a place that cannot be written is told", async () => {
  const both = await skerry("inspect", "examples/console/main.ts", "--html", "--json");
  assert.deepEqual([both.status, /--json and --html do not go together/.test(both.output)], [2, true]);
  const nowhere = await skerry("inspect", "examples/console/main.ts", "-o", at("no/such/folder/x"));
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.errors, /cannot be written/);
});
