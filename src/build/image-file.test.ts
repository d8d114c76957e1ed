import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { buildImage } from "../image/image.ts";
import { PACKAGE_ROOT } from "../image/package-root.ts";
import { debugFile, readImageFile } from "./image-file.ts";
import { buildNativeImage, type NativePlatform } from "./native-image.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-image-file-"));
test.after(() => rmSync(folder, { recursive: true }));

for (const platform of ["process", "bare"] satisfies NativePlatform[]) {
  test(`an image's file tells its manifest and platform, and its names only from the file beside it: ${platform}`, async () => {
    const image = await buildImage(path.join(PACKAGE_ROOT, "examples/console/main.ts"));
    const { elf, linked, manifest } = await buildNativeImage(image, platform);
    const file = path.join(folder, platform);
    writeFileSync(file, elf);
    const alone = readImageFile(file, elf);
    assert.deepEqual(alone?.manifest, manifest);
    assert.equal(alone.platform, platform);
    assert.deepEqual(alone.native.linked, { instances: [], regions: [] });

    writeFileSync(`${file}.debug`, debugFile(elf, linked, image));
    const { native, sourceMap } = readImageFile(file, elf)!;
    assert.deepEqual(native.linked.regions, linked.regions);
    const names = linked.instances.map(({ module }) => module.names);
    assert.deepEqual(
      native.linked.instances.map(({ module }) => module.names),
      names,
    );
    assert.equal(sourceMap, image.sourceMap);

    const other = elf.slice();
    other[elf.length >> 1]! ^= 1;
    assert.deepEqual(readImageFile(file, other)?.native.linked.instances, [], "of another image");
    other[elf.lastIndexOf(0x7d)] = 0;
    assert.equal(readImageFile(file, other), undefined, "its manifest is broken");
  });
}

test("what is no image is no image, however it begins", () => {
  const elf = new Uint8Array(64);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  for (const bytes of [new Uint8Array(), new Uint8Array(10), elf]) {
    assert.equal(readImageFile("x", bytes), undefined);
  }
  const hostile = elf.slice();
  const view = new DataView(hostile.buffer);
  view.setUint16(18, 62, true);
  view.setBigUint64(32, 2n ** 63n, true);
  view.setUint16(56, 65535, true);
  assert.equal(readImageFile("x", hostile), undefined);
});
