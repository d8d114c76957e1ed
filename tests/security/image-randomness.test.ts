/** The kernel's generator before statistics: ent and dieharder find nothing. In the long tests only. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";

const IS_LONG = process.env["SKERRY_LONG"] === "1";
const APP = path.resolve(import.meta.dirname, "../apps/native-random-stream.ts");
const SAMPLE_BYTES = 16 * 1024 * 1024;
/** By dieharder's numbers: birthdays, ones in a stream of bytes, runs; monobit, runs and serial test of the STS. */
const DIEHARDER_TESTS = [0, 8, 15, 100, 101, 102];
const TIME_LIMIT = "app.timeLimitMs=3600000";

async function withStream<T>(
  use: (child: ChildProcessByStdio<null, Readable, null>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-random-"));
  const file = path.join(folder, "image");
  const { elf } = await buildNativeImage(await buildImage(APP), "process");
  writeFileSync(file, elf, { mode: 0o755 });
  const child = spawn(file, [TIME_LIMIT], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    return await use(child);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
}

function hasTool(t: TestContext, name: string): boolean {
  if (spawnSync(name, ["-h"]).error === undefined) return true;
  t.skip(`needs ${name}`);
  return false;
}

async function sample(): Promise<Buffer> {
  return withStream(async ({ stdout }) => {
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of stdout) {
      pieces.push(piece as Buffer);
      if ((length += (piece as Buffer).length) >= SAMPLE_BYTES) break;
    }
    return Buffer.concat(pieces).subarray(0, SAMPLE_BYTES);
  });
}

interface Judgement {
  readonly entropy: number;
  /** How often chance gives a larger chi square, in percent. */
  readonly chance: number;
}

/** `-t`: 0, bytes, entropy, chi square, mean, pi, correlation; the chance stands in the long form only. */
function judge(bytes: Buffer): Judgement {
  const text = spawnSync("ent", [], { input: bytes }).stdout.toString();
  const entropy = Number(/Entropy = ([\d.]+)/.exec(text)?.[1]);
  const chance = /exceed this value (less than |more than )?([\d.]+) percent/.exec(text);
  return { entropy, chance: Number(chance?.[2]) };
}

if (IS_LONG) {
  test("ent finds no order in 16 MiB, and finds one that is there", async (t) => {
    if (!hasTool(t, "ent")) return;
    const bytes = await sample();
    const { entropy, chance } = judge(bytes);
    assert.ok(entropy > 7.99998, `entropy ${entropy}`);
    assert.ok(chance > 0.05 && chance < 99.95, `chance ${chance}`);
    // One byte in a thousand is replaced.
    for (let at = 0; at < bytes.length; at += 1000) bytes[at] = 0;
    assert.ok(judge(bytes).chance < 0.05);
  });

  for (const number of DIEHARDER_TESTS) {
    test(`dieharder's test ${number} does not fail`, async (t) => {
      if (!hasTool(t, "dieharder")) return;
      await withStream(async ({ stdout }) => {
        const tool = spawn("dieharder", ["-g", "200", "-d", String(number)], {
          stdio: ["pipe", "pipe", "ignore"],
        });
        stdout.pipe(tool.stdin).on("error", () => {}); // it has read enough
        let text = "";
        tool.stdout.on("data", (data: Buffer) => (text += data.toString()));
        await new Promise((resolve) => tool.once("close", resolve));
        assert.match(text, /PASSED|WEAK/);
        assert.doesNotMatch(text, /FAILED/);
      });
    });
  }
}
