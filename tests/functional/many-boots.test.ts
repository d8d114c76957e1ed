/** Boots without end: none hangs. A few in every run, two hundred of each kind in the long one. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { accelerators } from "../../src/keel/guest.harness.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";

const BOOTS = process.env["SKERRY_LONG"] === "1" ? 200 : 10;
const LIMIT_MS = 60_000;
const CONSOLE = path.resolve(import.meta.dirname, "../../examples/console/main.ts");

test(`${BOOTS} machines in a row print their line and end`, async (t) => {
  const here = await accelerators(t);
  const image = await buildImage(CONSOLE);
  const native = await buildNativeImage(image, "bare");
  for (const accelerator of here) {
    for (let count = 0; count < BOOTS; count++) {
      let output = "";
      const machine = await qemuTarget.start(
        { ...image, native },
        {
          forwards: [],
          environment: {},
          outbound: [],
          accelerator,
          onConsole: (_, text) => (output += text),
        },
      );
      const timer = setTimeout(() => void machine.stop(), LIMIT_MS);
      const status = await machine.exited;
      clearTimeout(timer);
      assert.equal(status, 7, `boot ${count} under ${accelerator}`);
      assert.equal(output, "hello from a machine without an operating system\n");
    }
  }
});
