/** Apps that ask other servers, on every target. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage, type Image } from "../../src/image/image.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import type { Target } from "../../src/targets/target.ts";
import { ROOT } from "./skerry.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

type Ask = (url: string) => Promise<void>;

const APPS: Readonly<Record<string, Ask>> = {
  "examples/fetch/server.ts": async (url) => {
    const { one, three } = (await (await fetch(url)).json()) as Record<string, { name: string }>;
    assert.deepEqual([one!.name, three!.name], ["one", "three"]);
    const posted = await fetch(`${url}/proxy/echo?a=b`, { method: "POST", body: "through" });
    const seen = (await posted.json()) as Record<string, string>;
    assert.deepEqual([seen["method"], seen["url"], seen["body"]], ["POST", "/echo?a=b", "through"]);
    assert.equal((await (await fetch(`${url}/proxy/large`)).text()).length, 1_000_000);
    assert.equal((await fetch(`${url}/proxy/nowhere`)).status, 404);
  },
  "examples/fetch-native/main.ts": async (url) => {
    assert.equal(await (await fetch(`${url}/items/two`)).text(), '{"name":"two"}');
    assert.equal((await fetch(`${url}/nowhere`)).status, 404);
    assert.equal((await fetch(`${url}/garbage`)).status, 502);
  },
  "tests/apps/asking.ts": async (url) => {
    const body = async (way: string) =>
      ((await (await fetch(`${url}/${way}`)).json()) as { body: unknown }).body;
    assert.equal(await body("options"), '{"name":"x"}');
    assert.match((await body("pieces")) as string, /"body":"first second"/);
    assert.equal(await body("large"), 1_000_000);
  },
};

async function run(image: Image, target: Target, upstream: Upstream, ask: Ask): Promise<void> {
  const { platform } = target;
  const native = platform === undefined ? {} : { native: await buildNativeImage(image, platform) };
  const errors: string[] = [];
  const machine = await target.start(
    { ...image, ...native },
    {
      forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
      environment: { UPSTREAM: upstream.url },
      outbound: [upstream.grant],
      onConsole: (stream, text) => void (stream === 2 && errors.push(text)),
    },
  );
  try {
    await ask(`http://127.0.0.1:${machine.forwards[0]!.hostPort}`);
  } finally {
    await machine.stop();
  }
  assert.deepEqual(errors, []);
}

for (const [entry, ask] of Object.entries(APPS)) {
  let image: Promise<Image> | undefined;
  for (const target of [nodeTarget, processTarget, qemuTarget]) {
    const skip = target === qemuTarget && findQemu() === undefined ? "needs qemu-system-x86_64" : false;
    test(`${entry} asks another server: ${target.name}`, { skip }, async () => {
      image ??= buildImage(path.join(ROOT, entry));
      const upstream = await startUpstream();
      try {
        await run(await image, target, upstream, ask);
      } finally {
        upstream.close();
      }
    });
  }
}

const SIX = "examples/fetch-native/main.ts";

/** A guest's IPv6 address is its own a second after its start, when nobody was found to have it. */
async function askWhenUp(url: string): Promise<void> {
  let answer = await fetch(`${url}/items/six`);
  for (const end = Date.now() + 30_000; answer.status === 502 && Date.now() < end;) {
    answer = await fetch(`${url}/items/six`);
  }
  assert.equal(await answer.text(), '{"name":"six"}');
}

for (const target of [nodeTarget, processTarget, qemuTarget]) {
  const skip = target === qemuTarget && findQemu() === undefined ? "needs qemu-system-x86_64" : false;
  test(`the host's IPv6 loopback through the gateway: ${target.name}`, { skip }, async () => {
    const upstream = await startUpstream(true);
    try {
      await run(await buildImage(path.join(ROOT, SIX)), target, upstream, askWhenUp);
    } finally {
      upstream.close();
    }
  });
}
