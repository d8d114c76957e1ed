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
    writeOutput(file, new TextEncoder().encode("image"), 0o644);
    assert.equal(readFileSync(file, "utf8"), "image");
    assert.ok(lstatSync(file).isFile());
    assert.equal(readFileSync(other, "utf8"), "precious");
    assert.equal(lstatSync(file).mode & 0o777, 0o644);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
