/** Row 37 of the battery, the reading side: no executable byte is unaccounted for. Each rule beside what breaks it. */
import test from "node:test";
import assert from "node:assert/strict";
import { executedBytes, readElf } from "./elf.ts";
import { ImageFault } from "./image-fault.ts";
import { inspectImage } from "./inspect.ts";
import {
  exampleImage,
  flipped,
  hashOf,
  manifestOf,
  PLATFORMS,
  withParts,
  withText,
} from "./tampering.harness.ts";

const EXAMPLE = "http-native/main.ts";

function refuses(image: Uint8Array, message: RegExp): void {
  assert.throws(
    () => inspectImage(image),
    (error) => error instanceof ImageFault && message.test(error.message),
  );
}

for (const platform of PLATFORMS) {
  test(`ranges follow each other without a gap, and add up to all that may be executed: ${platform}`, async () => {
    const image = await exampleImage(EXAMPLE, platform);
    const { executable } = inspectImage(image);
    const elf = readElf(image);
    const segments = elf.segments.filter(({ access }) => (access & 1) !== 0);
    const ranges = [...executable.ranges];
    for (const segment of segments) {
      const bytes = executedBytes(elf, segment);
      for (let at = 0; at < bytes.length;) {
        const { address, sizeBytes, sha256 } = ranges.shift()!;
        assert.equal(address, segment.address + at);
        assert.equal(hashOf(bytes.subarray(at, at + sizeBytes)), sha256);
        at += sizeBytes;
      }
    }
    assert.deepEqual(ranges, []);
    const mapped = segments.reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / 4096) * 4096, 0);
    assert.equal(executable.mappedBytes, mapped);
    assert.equal(executable.componentBytes + executable.paddingBytes, mapped);
    assert.ok(executable.paddingBytes < segments.length * 4096 + 16 * executable.ranges.length);
  });

  test(`a part that nobody names is found, whoever's it is: ${platform}`, async () => {
    const image = await exampleImage(EXAMPLE, platform);
    const code = manifestOf(image).native!.parts.filter(({ kind }) => kind === "code");
    assert.ok(code.length >= 4);
    for (const { address, owner } of code) {
      const without = withParts(image, (parts) => parts.filter((part) => part.address !== address));
      refuses(without, /holds executable bytes that nothing accounts for/);
      assert.ok(owner);
    }
    inspectImage(withParts(image, (parts) => parts)); // written anew with all parts, it is whole
  });

  test(`a changed byte is found in every part, and in padding: ${platform}`, async () => {
    const image = await exampleImage(EXAMPLE, platform);
    for (const { address, sizeBytes, kind } of manifestOf(image).native!.parts) {
      // Of memory the file leaves zeros out: its first byte may not be there.
      if (kind === "memory") continue;
      for (const at of [address, address + sizeBytes - 1]) {
        refuses(flipped(image, at), /was changed after it was built: the .* of .* has another hash/);
      }
    }
    // A page's end is padding; of a process, the file holds it.
    const padding = inspectImage(image)
      .executable.ranges.filter(({ owner }) => owner === "padding")
      .at(-1)!;
    if (platform === "process") refuses(flipped(image, padding.address), /nothing accounts for/);
  });

  test(`parts that overlap, are not loaded, or reach out of what is executable are refused: ${platform}`, async () => {
    const image = await exampleImage(EXAMPLE, platform);
    const change = (kind: string, more: object) =>
      withParts(image, (parts) => {
        const at = parts.findIndex((part) => part.kind === kind);
        return parts.map((part, index) => (index === at ? { ...part, ...more } : part));
      });
    const [code] = manifestOf(image).native!.parts.filter(({ kind }) => kind === "code");
    refuses(change("code", { sizeBytes: code!.sizeBytes + 2 ** 20 }), /overlap|not loaded|another hash/);
    refuses(change("constants", { address: 2 ** 40 }), /not loaded/);
    refuses(change("constants", { sizeBytes: 2 ** 45 }), /overlap|not loaded/);
    refuses(change("memory", { address: code!.address + 1, sizeBytes: 1 }), /overlap/);
  });
}

test("a manifest that makes no sense is told by where", async () => {
  const image = await exampleImage("console/main.ts", "bare");
  const manifest = manifestOf(image);
  const broken: readonly (readonly [text: string, message: RegExp])[] = [
    ["", /it is no JSON/],
    ["{", /it is no JSON/],
    ["null", /makes no sense/],
    [JSON.stringify({ ...manifest, format: 9 }), /makes no sense, at format/],
    [JSON.stringify({ ...manifest, services: ["shell"] }), /makes no sense, at services\.0/],
    [JSON.stringify({ ...manifest, name: 7, packages: [] }), /makes no sense, at name/],
    [JSON.stringify({ ...manifest, packages: undefined }), /version of Skerry that did not yet/],
    [JSON.stringify({ ...manifest, native: undefined }), /version of Skerry that did not yet/],
    [JSON.stringify({ ...manifest, native: { ...manifest.native, parts: [] } }), /nothing accounts for/],
  ];
  for (const [text, message] of broken) refuses(withText(image, text), message);
});

test("what moves a terminal's cursor is shown as what it is", async () => {
  const image = await exampleImage("console/main.ts", "bare");
  const text = JSON.stringify({ ...manifestOf(image), packages: [], name: "a\x1b[2J\u009b\u202eb" });
  assert.equal(inspectImage(withText(image, text)).name, "a\\u{1b}[2J\\u{9b}\\u{202e}b");
});
