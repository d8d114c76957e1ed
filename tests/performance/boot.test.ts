/**
 * What a boot executes, what an image weighs, and what memory it needs: limits, so that none of it grows unnoticed.
 *
 * Instructions are counted under TCG, where a count is the same on a slow host. Those of `rep`, which the processor
 * runs many bytes at a time, count once for each step here; the firmware's own are told apart and have no limit.
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import type { Launchable, Machine, MachineOptions } from "../../src/targets/target.ts";
import { bareImage, startCounted } from "./counted-guest.ts";
import { canCount, InstructionCounter, type Count } from "./guest-instructions/count.ts";

const FIRST_LINE_LIMIT = 60_000;
const FIRST_LINE_KEEL_LIMIT = 5_000;
const CONSOLE_IMAGE_LIMIT_BYTES = 48 * 1024;

interface ServerLimits {
  readonly entry: string;
  readonly answer: string;
  readonly firstResponse: number;
  readonly imageBytes: number;
  readonly memoryMiB: number;
}
const SERVERS: readonly ServerLimits[] = [
  {
    entry: "http-native/main.ts",
    answer: "hello, world\n",
    firstResponse: 200_000,
    imageBytes: 160 * 1024,
    memoryMiB: 4,
  },
  {
    entry: "hello/server.ts",
    answer: "hello from /\n",
    firstResponse: 600_000,
    imageBytes: 2.5 * 1024 * 1024,
    memoryMiB: 12,
  },
];

/** On a host that is too busy for TCG, timers fire meanwhile and packets are sent again: that is not the boot's. */
const ATTEMPTS = 3;
const ANSWER_LIMIT_MS = 60_000;
const COUNT_LIMIT_MS = 5_000;
const POLL_MS = 10;
const FORWARD = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 };

const images = new Map<string, Promise<Launchable>>();

/** The image of an example: each is built once. */
function imageOf(entry: string): Promise<Launchable> {
  const known = images.get(entry);
  if (known !== undefined) return known;
  const image = bareImage(path.join(PACKAGE_ROOT, "examples", entry));
  images.set(entry, image);
  return image;
}
const consoleImage = (): Promise<Launchable> => imageOf("console/main.ts");

test("an app's first line is printed soon after reset", async (t) => {
  if (!requireCounting(t)) return;
  const counter = new InstructionCounter();
  const heard = hearing([]);
  const machine = await startCounted(await consoleImage(), counter, heard.options);
  await machine.exited;
  assert.match(heard.text(), /^hello from a machine/);
  const first = counter.read().find(({ event }) => event === "outsb");
  assert.ok(first !== undefined);
  t.diagnostic(describe(first));
  assert.ok(first.keel > 0 && first.keel <= FIRST_LINE_KEEL_LIMIT, `in the keel: ${first.keel}`);
  assert.ok(total(first) <= FIRST_LINE_LIMIT, `in all: ${total(first)}`);
});

for (const { entry, answer, firstResponse, imageBytes, memoryMiB } of SERVERS) {
  test(`a server's first response is sent soon after reset: ${entry}`, async (t) => {
    if (!requireCounting(t)) return;
    const image = await imageOf(entry);
    let least = Infinity;
    for (let attempt = 0; attempt < ATTEMPTS && least > firstResponse; attempt++) {
      const counter = new InstructionCounter();
      const machine = await startCounted(image, counter, hearing([FORWARD]).options);
      try {
        assert.equal(await responseOf(machine), answer);
        const asleep = await nextSleep(counter);
        t.diagnostic(describe(asleep));
        assert.ok(asleep.ring3 > 0);
        least = Math.min(least, total(asleep));
      } finally {
        await machine.stop();
      }
    }
    assert.ok(least <= firstResponse, `in all: ${least}`);
  });

  test(`a server's image is small: ${entry}`, async (t) => {
    const { native } = await imageOf(entry);
    requireSize(t, native!.elf.length, imageBytes);
  });

  test(`a server answers with ${memoryMiB} MiB: ${entry}`, async (t) => {
    if (findQemu() === undefined) {
      t.skip("needs qemu-system-x86_64");
      return;
    }
    const options = { ...hearing([FORWARD]).options, memoryMiB };
    const machine = await qemuTarget.start(await imageOf(entry), options);
    try {
      assert.equal(await responseOf(machine), answer);
    } finally {
      await machine.stop();
    }
  });
}

test("the smallest image is small", async (t) => {
  const { native } = await consoleImage();
  requireSize(t, native!.elf.length, CONSOLE_IMAGE_LIMIT_BYTES);
});

function requireSize(t: TestContext, sizeBytes: number, limitBytes: number): void {
  t.diagnostic(`${sizeBytes} bytes`);
  assert.ok(sizeBytes > 0 && sizeBytes <= limitBytes, `${sizeBytes} bytes, at most ${limitBytes}`);
}

function requireCounting(t: TestContext): boolean {
  if (canCount()) return true;
  t.skip("needs qemu-system-x86_64 and cc");
  return false;
}

function hearing(forwards: MachineOptions["forwards"]): { options: MachineOptions; text: () => string } {
  let text = "";
  const onConsole = (_stream: 1 | 2, piece: string): void => void (text += piece);
  return { options: { forwards, environment: {}, outbound: [], onConsole }, text: () => text };
}

async function responseOf({ forwards }: Machine): Promise<string> {
  const url = `http://127.0.0.1:${forwards[0]!.hostPort}/`;
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  return response.text();
}

/** When the guest next goes to sleep, all that it did until now is counted. */
async function nextSleep(counter: InstructionCounter): Promise<Count> {
  const sleeps = (): Count[] => counter.read().filter(({ event }) => event === "hlt");
  const before = sleeps().length;
  for (const end = Date.now() + COUNT_LIMIT_MS; Date.now() < end; await sleep(POLL_MS)) {
    const next = sleeps()[before];
    if (next !== undefined) return next;
  }
  // It slept before we looked.
  return sleeps()[before - 1]!;
}

function total({ keel, ring3, iterations }: Count): number {
  return keel + ring3 + iterations;
}

function describe({ firmware, keel, ring3, iterations }: Count): string {
  return `instructions: keel ${keel}, ring 3 ${ring3}, steps of rep ${iterations}; before them firmware ${firmware}`;
}
