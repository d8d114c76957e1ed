import test from "node:test";
import assert from "node:assert/strict";
import { formatOf, formatOfName, imageBytesOf } from "./image-bytes.ts";
import { ELF, FILES } from "./test-formats.ts";

for (const [format, file] of FILES) {
  test(`the image in a file of format ${format} is the same`, () => {
    assert.equal(formatOf(file), format);
    assert.deepEqual(imageBytesOf(file), ELF);
  });
}

test("a file that is cut off holds no image, and neither does one of anything else", () => {
  for (const [format, file] of FILES.filter(([name]) => name !== "elf")) {
    assert.equal(imageBytesOf(file.subarray(0, 1500)), undefined, format);
  }
  for (const text of ["", "export default {}", "x".repeat(5000), "\x7fELF"]) {
    assert.equal(imageBytesOf(new TextEncoder().encode(text)), undefined);
  }
});

test("an archive whose content was changed holds no image", () => {
  const [, archive] = FILES.find(([format]) => format === "oci")!;
  const at = Buffer.from(archive).indexOf(Buffer.from(ELF));
  const changed = archive.slice();
  changed[at + 100]! ^= 1;
  assert.equal(imageBytesOf(changed), undefined);
});

test("a file's ending tells its format", () => {
  const names = ["a.img", "a.RAW", "a.tar", "a.elf", "a", "a.img.elf"];
  assert.deepEqual(names.map(formatOfName), ["raw", "raw", "oci", "elf", "elf", "elf"]);
});
