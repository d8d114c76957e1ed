import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { buildImage } from "../image/image.ts";
import { PACKAGE_ROOT } from "../image/package-root.ts";
import { UserError } from "../image/user-error.ts";
import { decodePlain, encodePlain } from "./compiled-form.ts";
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

test("a file beside it that is of the image, and was made by another hand, is refused in words", async () => {
  const image = await buildImage(path.join(PACKAGE_ROOT, "examples/console/main.ts"));
  const { elf, linked } = await buildNativeImage(image, "process");
  const file = path.join(folder, "crafted");
  writeFileSync(file, elf);
  /** Reads it with another value at a place: `places.regions.0`. */
  const read = (place?: string, value?: unknown): number => {
    const debug = decodePlain(new Uint8Array(debugFile(elf, linked, image))) as object;
    if (place !== undefined) {
      const steps = place.split(".");
      const last = steps.pop()!;
      const holder = steps.reduce<object>((at, step) => Reflect.get(at, step) as object, debug);
      Reflect.set(holder, last, value);
    }
    writeFileSync(`${file}.debug`, encodePlain(debug));
    return readImageFile(file, elf)!.native.linked.instances.length;
  };
  assert.ok(read() > 0, "as it was written (the control)");
  const changes: readonly (readonly [place: string, value: unknown])[] = [
    ["places", undefined],
    ["format", 2],
    ["sourceMap", 7],
    ["places.instances.0.module.names", null],
    ["places.instances.0.module.functions.0.sizeBytes", "x"],
    ["places.instances.0.module.traps", []],
    ["places.regions.0.instances", [99]],
  ];
  for (const [place, value] of changes) {
    assert.throws(
      () => read(place, value),
      (error) => error instanceof UserError && /crafted\.debug is of this image/.test(error.message),
      place,
    );
  }
  assert.equal(read("imageSha256", ""), 0, "of another image");
  for (const bytes of [new Uint8Array(1000).fill(7), new Uint8Array()]) {
    writeFileSync(`${file}.debug`, bytes);
    assert.deepEqual(readImageFile(file, elf)!.native.linked.instances, []);
  }
});

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
