import test, { after } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildImage, type Image } from "../image/image.ts";
import { LinkError } from "../linker/link-error.ts";
import { buildNativeImage, MANIFEST_NOTE, type NativePlatform } from "./native-image.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
after(() => rmSync(folder, { recursive: true }));

const APP = `
import { exit } from "skerry/native/app";
import { log } from "skerry/native/console";
export function start(): void {
  log("here");
  exit(3);
}
`;

function build(name: string): Promise<Image> {
  const file = path.join(folder, name, "main.ts");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, APP);
  return buildImage(file);
}

/** The contents of the file's notes by name (ELF64: program headers of type 4). */
function notesOf(elf: Uint8Array): Map<string, string> {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const notes = new Map<string, string>();
  const padded = (sizeBytes: number) => (sizeBytes + 3) & ~3;
  const text = (at: number, sizeBytes: number) => new TextDecoder().decode(elf.subarray(at, at + sizeBytes));
  for (let number = 0; number < view.getUint16(56, true); number++) {
    const header = Number(view.getBigUint64(32, true)) + number * 56;
    if (view.getUint32(header, true) !== 4) continue;
    const end = Number(view.getBigUint64(header + 8, true) + view.getBigUint64(header + 32, true));
    for (let at = Number(view.getBigUint64(header + 8, true)); at < end;) {
      const [nameBytes, contentBytes] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      const content = at + 12 + padded(nameBytes);
      notes.set(text(at + 12, nameBytes - 1), text(content, contentBytes));
      at = content + padded(contentBytes);
    }
  }
  return notes;
}

for (const platform of ["process", "bare"] as const satisfies readonly NativePlatform[]) {
  test(`two builds in two folders give the same bytes: ${platform}`, async () => {
    const first = await buildNativeImage(await build("a/same"), platform);
    const second = await buildNativeImage(await build("b/same"), platform);
    assert.deepEqual(Buffer.from(first.elf).compare(second.elf), 0);
  });

  test(`the manifest stands in a note, and says which imports each module was granted: ${platform}`, async () => {
    const { elf, manifest } = await buildNativeImage(await build("noted"), platform);
    const found = notesOf(elf).get(MANIFEST_NOTE.name);
    assert.deepEqual(JSON.parse(found ?? ""), manifest);
    const app = manifest.modules.find(({ role }) => role === "app")!;
    assert.deepEqual(app.imports, ["app.exit", "console.write", "env.abort"]);
  });

  test(`an import that was not granted ends the build: ${platform}`, async () => {
    const image = await build("greedy");
    // (module (import "platform" "consoleWrite" (func)) (export "start" (func 0)))
    const greedy = Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0],
      ...[2, 25, 1, 8, ...Buffer.from("platform"), 12, ...Buffer.from("consoleWrite"), 0, 0],
      ...[7, 9, 1, 5, ...Buffer.from("start"), 0, 0],
    ]);
    await assert.rejects(buildNativeImage({ ...image, app: greedy }, platform), (error) => {
      assert.ok(error instanceof LinkError);
      assert.match(error.message, /platform\.consoleWrite/);
      return true;
    });
  });
}
