import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ImageFault } from "./image-fault.ts";
import { inspectImage } from "./inspect.ts";
import { exampleImage, PLATFORMS } from "./tampering.harness.ts";

function fault(bytes: Uint8Array): ImageFault {
  try {
    inspectImage(bytes);
  } catch (error) {
    assert.ok(error instanceof ImageFault, `no fault of the image's: ${String(error)}`);
    return error;
  }
  return assert.fail("it was taken for an image");
}

test("what is not an image of ours is refused by name", async () => {
  assert.match(fault(new Uint8Array()).message, /its header is cut off/);
  assert.match(fault(new TextEncoder().encode("#!/bin/sh\n".padEnd(100))).message, /is no ELF file/);
  const foreign = new Uint8Array(readFileSync(process.execPath));
  assert.match(fault(foreign).message, /not a Skerry image|of another kind/);
  const vast = (await exampleImage("console/main.ts", "bare")).slice();
  new DataView(vast.buffer).setBigUint64(64 + 40, 2n ** 46n, true);
  assert.match(fault(vast).message, /takes more memory than any image/);
  const arm = foreign.slice();
  arm[18] = 183;
  assert.match(fault(arm).message, /another kind/);
});

test("an image with more notes than any has is refused, however often its headers name them", async () => {
  const image = await exampleImage("console/main.ts", "bare");
  // Empty notes by the hundred thousand, named by each header there is.
  const headers = 4096;
  const notesAt = 64 + headers * 56;
  const notesBytes = 12 * 100_000;
  const flood = new Uint8Array(notesAt + notesBytes);
  flood.set(image.subarray(0, 64));
  const view = new DataView(flood.buffer);
  view.setUint16(56, headers, true);
  for (let index = 0; index < headers; index++) {
    const at = 64 + index * 56;
    view.setUint32(at, 4, true);
    view.setBigUint64(at + 8, BigInt(notesAt), true);
    view.setBigUint64(at + 32, BigInt(notesBytes), true);
    view.setBigUint64(at + 40, BigInt(notesBytes), true);
  }
  assert.match(fault(flood).message, /more notes than any image/);
});

for (const platform of PLATFORMS) {
  test(`an image that is cut off anywhere is refused: ${platform}`, async () => {
    const image = await exampleImage("console/main.ts", platform);
    const steps = 400;
    for (let step = 0; step < steps; step++) {
      const length = Math.floor((image.length * step) / steps);
      assert.match(fault(image.slice(0, length)).message, /cut off/);
    }
    assert.match(fault(image.slice(0, -1)).message, /cut off/);
    inspectImage(image);
  });

  test(`whatever is changed in headers and manifest, there is an image or a fault: ${platform}`, async () => {
    const image = await exampleImage("console/main.ts", platform);
    let [state, faults] = [12345, 0];
    const random = (limit: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    const rounds = 1500;
    for (let round = 0; round < rounds; round++) {
      const changed = image.slice();
      const places = round % 2 === 0 ? 64 + 10 * 56 : 6000;
      for (let count = 0; count <= round % 3; count++) {
        const at = random(places);
        changed[round % 2 === 0 ? at : image.length - 1 - at] = random(256);
      }
      try {
        inspectImage(changed);
      } catch (error) {
        faults++;
        assert.ok(error instanceof ImageFault, `round ${round}: ${String((error as Error).stack)}`);
      }
    }
    assert.ok(faults > rounds / 4, `${faults} of ${rounds} were refused`);
  });
}
