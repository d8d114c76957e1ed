/** An image built once, and asked on every target that works here. */
import test from "node:test";
import assert from "node:assert/strict";
import { buildNativeImage } from "../../src/build/native-image.ts";
import type { Image } from "../../src/image/image.ts";
import { mapStackText } from "../../src/image/stack-map.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import { STOPPED_STATUS, type Launchable, type Target } from "../../src/targets/target.ts";
import type { Check } from "./example-servers.ts";

const TARGETS: readonly Target[] = [nodeTarget, processTarget, qemuTarget];
const needsQemu = findQemu() === undefined ? "needs qemu-system-x86_64" : false;

/** What it writes as errors, with places of its files: nothing without this. What it prints. Lines of its boot configuration. */
interface Expected {
  readonly errors?: RegExp;
  readonly output?: RegExp;
  readonly configuration?: readonly string[];
}

/** One test for each target: what the machine answers is `check`'s to see. */
export function testEverywhere(
  title: string,
  build: () => Promise<Image>,
  check: Check,
  { errors: expected, output: printed, configuration = [] }: Expected = {},
): void {
  let image: Promise<Image> | undefined;
  for (const target of TARGETS) {
    const skip = target.name === "qemu" && needsQemu;
    test(`${title}: ${target.name}`, { skip }, async () => {
      image ??= build();
      const { errors, output } = await ask(
        await launchable(await image, target),
        target,
        check,
        configuration,
      );
      if (expected === undefined) assert.deepEqual(errors, "");
      else assert.match(errors, expected);
      if (printed !== undefined) assert.match(output, printed);
    });
  }
}

async function launchable(image: Image, { platform }: Target): Promise<Launchable> {
  return platform === undefined ? image : { ...image, native: await buildNativeImage(image, platform) };
}

/** What the machine wrote. */
async function ask(
  image: Launchable,
  target: Target,
  check: Check,
  configuration: readonly string[],
): Promise<{ errors: string; output: string }> {
  const said = { 1: "", 2: "" };
  const machine = await target.start(image, {
    forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
    environment: {},
    outbound: [],
    configuration,
    onConsole: (stream, text) => void (said[stream] += text),
  });
  try {
    await check(`http://127.0.0.1:${machine.forwards[0]!.hostPort}`);
  } finally {
    await machine.stop();
  }
  assert.equal(await machine.exited, STOPPED_STATUS);
  const { sourceMap } = image;
  const errors = sourceMap === undefined ? said[2] : mapStackText(said[2], sourceMap);
  return { errors, output: said[1] };
}
