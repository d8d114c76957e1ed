/**
 * Row 32: whole conversations with a whole machine, mutated (`fuzz/conversation.ts`): no crash, memory where it was, nothing
 * held at the end. A thousand inputs; with `SKERRY_LONG=1` an hour of them, from a seed that is printed.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { converse, createMachine, target } from "../../fuzz/conversation.ts";
import { SEEDS } from "../../fuzz/conversation-seeds.ts";
import { mutate, randomFrom } from "../../fuzz/target.ts";
import { IS_LONG } from "./whole-image.ts";

const INPUTS = 1000;
const LONG_MS = 3_600_000;
const CONTROL_INPUTS = 3000;
const KERNEL = path.resolve(import.meta.dirname, "../../src/kernel");
const FIXED = "net.address=10.0.2.15/24\nnet.gateway=10.0.2.2\ntcp.connections=24\nnet.allow=*:*\n";

test("row 32: mutated conversations end without a crash, and nothing is held", async (t) => {
  const seed = IS_LONG ? Date.now() % 2 ** 31 : 2026;
  const random = randomFrom(seed);
  t.diagnostic(`seed ${seed}`);
  for (const input of SEEDS) await target.run(input);
  const end = Date.now() + LONG_MS;
  let count = 0;
  for (; IS_LONG ? Date.now() < end : count < INPUTS; count++) {
    const input = mutate(SEEDS, random);
    try {
      await target.run(input);
    } catch (error) {
      throw new Error(`input ${count} of seed ${seed}: ${Buffer.from(input).toString("hex")}`, {
        cause: error,
      });
    }
  }
  t.diagnostic(`${count} inputs`);
});

/** A file of the kernel without what keeps it well. */
function without(file: string, ...replacements: readonly (readonly [from: string, to: string])[]) {
  let text = readFileSync(path.join(KERNEL, file), "utf8");
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`${file} has no "${from}": the control no longer controls`);
    text = text.replaceAll(from, to);
  }
  return { [file]: text };
}

/** The first failure that mutated conversations bring about. */
async function failureOf(files: Readonly<Record<string, string>>): Promise<string> {
  const machine = await createMachine(FIXED, files);
  const random = randomFrom(2026);
  for (let count = 0; count < CONTROL_INPUTS; count++) {
    try {
      converse(machine, mutate(SEEDS, random).subarray(1));
    } catch (error) {
      return String(error);
    }
  }
  return "none";
}

test("row 32, control: pieces that nobody lets go of are found", async () => {
  assert.match(
    await failureOf(without("net/tcp/lifetime.ts", ["  dropPieces(connection);\n", ""])),
    /chunks are left/,
  );
});

test("row 32, control: a trap that a stranger's bytes lead to is found", async () => {
  const trusting = without("net/tcp/input.ts", [
    "  if (!parseSegment(segment, flow, pointer, length)) return;",
    '  if (!parseSegment(segment, flow, pointer, length)) return;\n  assert(segment.optionsLength < 20, "trusted");',
  ]);
  assert.match(await failureOf(trusting), /trusted/);
});

test("row 32, control: a timer that outlives its connection is found", async () => {
  const outlives = {
    ...without("net/tcp/provider.ts", [" || !writes(connection.state)) return;", ") return;"]),
    ...without(
      "net/tcp/lifetime.ts",
      ["  disarmTimers(connection);\n  giveConnection", "  giveConnection"],
      ["  connection.finishedTold = true;\n", ""],
    ),
  };
  assert.match(await failureOf(outlives), /RuntimeError/);
});
