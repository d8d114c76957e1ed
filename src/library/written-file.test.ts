import test from "node:test";
import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeOutput } from "./written-file.ts";

test("a link laid where the file is begun is not written through", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-written-"));
  try {
    const [file, other] = [path.join(folder, "image.elf"), path.join(folder, "another's")];
    writeFileSync(other, "precious");
    symlinkSync(other, `${file}.${process.pid}.part`);
    writeOutput(file, new TextEncoder().encode("image"), 0o644, []);
    assert.equal(readFileSync(file, "utf8"), "image");
    assert.ok(lstatSync(file).isFile());
    assert.equal(readFileSync(other, "utf8"), "precious");
    assert.equal(lstatSync(file).mode & 0o777, 0o644);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what an image is made of is never replaced by it, under whatever name", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-written-"));
  try {
    const [source, link, other] = ["server.ts", "link.ts", "other.ts"].map((name) => path.join(folder, name));
    for (const file of [source!, other!]) writeFileSync(file, "precious");
    symlinkSync(source!, link!);
    const write = (file: string, sources: readonly string[]) =>
      writeOutput(file, new TextEncoder().encode("image"), 0o644, sources);
    for (const [file, sources] of [
      [source!, [source!]],
      [link!, [other!, source!]],
      [source!, [link!]],
    ] as const) {
      assert.throws(() => write(file, sources), /is one of the files that this is made of/);
    }
    assert.deepEqual([readFileSync(source!, "utf8"), lstatSync(link!).isSymbolicLink()], ["precious", true]);
    write(other!, [source!]);
    assert.equal(readFileSync(other!, "utf8"), "image");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
