/** The examples that no other test runs on every target: each image is built once, and asked wherever it can run here. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage, type Image } from "../../src/image/image.ts";
import type { IsolationOption } from "../../src/image/isolation.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import { STOPPED_STATUS, type Launchable, type Target } from "../../src/targets/target.ts";
import { EXAMPLE_SERVERS } from "./example-servers.ts";
import { ROOT } from "./skerry.ts";

const EXAMPLES = ["hono", "json", "sse", "static-text", "streaming", "tenants", "websocket"];
/** Of those that are kept apart. */
const ISOLATIONS: Readonly<Record<string, IsolationOption>> = {
  tenants: { by: "tenant", key: { header: "x-tenant" } },
};
const TARGETS: readonly Target[] = [nodeTarget, processTarget, qemuTarget];
const needsQemu = findQemu() === undefined ? "needs qemu-system-x86_64" : false;

for (const name of EXAMPLES) {
  const entry = `${name}/server.ts`;
  let image: Promise<Image> | undefined;
  for (const target of TARGETS) {
    const skip = target.name === "qemu" && needsQemu;
    test(`examples/${entry} answers over HTTP: ${target.name}`, { skip }, async () => {
      const isolation = ISOLATIONS[name];
      image ??= buildImage(path.join(ROOT, "examples", entry), isolation === undefined ? {} : { isolation });
      await ask(await launchable(await image, target), target, EXAMPLE_SERVERS[entry]!);
    });
  }
}

async function launchable(image: Image, { platform }: Target): Promise<Launchable> {
  return platform === undefined ? image : { ...image, native: await buildNativeImage(image, platform) };
}

async function ask(image: Launchable, target: Target, check: (url: string) => Promise<void>): Promise<void> {
  const errors: string[] = [];
  const machine = await target.start(image, {
    forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
    environment: {},
    outbound: [],
    onConsole: (stream, text) => void (stream === 2 && errors.push(text)),
  });
  try {
    await check(`http://127.0.0.1:${machine.forwards[0]!.hostPort}`);
  } finally {
    await machine.stop();
  }
  assert.deepEqual(errors, []);
  assert.equal(await machine.exited, STOPPED_STATUS);
}
