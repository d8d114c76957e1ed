/** A process image on a TAP device of the host: no gateway, its own address. */
import test from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { ROOT } from "./skerry.ts";

const NAME = `sky${process.pid % 100_000}`;
const HOST = "10.99.213.1";
const GUEST = "10.99.213.2";

const ip = (...words: string[]) => spawnSync("ip", words).status === 0;
const isPossible = process.getuid?.() === 0 && existsSync("/dev/net/tun") && ip("link");
const options = isPossible ? {} : { skip: "needs root, /dev/net/tun and ip" };

test(
  "an image opens its TAP device before it gives up the calls for that, and answers there",
  options,
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
    const file = path.join(folder, "image");
    const image = await buildImage(path.join(ROOT, "examples/http-native/main.ts"));
    writeFileSync(file, (await buildNativeImage(image, "process")).elf, { mode: 0o700 });
    const words = [`net.tap=${NAME}`, `net.address=${GUEST}/24`, `net.gateway=${HOST}`];
    const child = spawn(file, words, { stdio: ["ignore", "ignore", "pipe"] });
    try {
      await once(child.stderr, "data"); // started: the device is there
      assert.ok(ip("address", "add", `${HOST}/24`, "dev", NAME) && ip("link", "set", NAME, "up"));
      const response = await fetch(`http://${GUEST}/`, { signal: AbortSignal.timeout(20_000) });
      assert.equal(await response.text(), "hello, world\n");
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
      rmSync(folder, { recursive: true });
    }
  },
);
