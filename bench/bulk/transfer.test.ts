/** The benchmarks of bulk data still work: short transfers, each way, and a relay that loses what it is told to. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { compileC } from "../network/c-program.ts";
import { prepareGround } from "../network/ground.ts";
import { whyNoNamespaces } from "../network/namespace.ts";
import { prepareLossyGround } from "./lossy-ground.ts";
import { LINUX, PROCESS } from "./peers.ts";
import { DIRECTIONS, transfer } from "./transfer.ts";

/** Long enough for a busy computer to let every process have a turn. */
const SPAN = { warmUpMs: 100, countedMs: 1000 };
const CABLE = { lossPpm: 0, delayUs: 100, bitsPerSecond: 1e9, queueBytes: 1e6, seed: 1 };
/** Of a cable that loses everything, a connection is not had within this time. */
const SILENCE_MS = 1000;

function isPossible(t: TestContext): boolean {
  const problem = whyNoNamespaces();
  if (problem !== undefined) t.skip(problem);
  return problem === undefined;
}

test("Linux behind veth and a process behind TAP take and give bytes", async (t) => {
  if (!isPossible(t)) return;
  for (const peer of [LINUX, PROCESS]) {
    const ground = await prepareGround(peer.stands, { steer: false });
    const rates = await transfer(peer, compileC("bulk/peer.c"), ground, DIRECTIONS, SPAN);
    for (const direction of DIRECTIONS) assert.ok(rates.get(direction)! > 0, `${peer.name}: ${direction}`);
  }
});

test("both do behind the relay, and nothing comes through one that loses everything", async (t) => {
  if (!isPossible(t)) return;
  const relay = compileC("bulk/relay.c");
  for (const peer of [LINUX, PROCESS]) {
    const ground = await prepareLossyGround(relay, peer.stands, CABLE);
    const rates = await transfer(peer, compileC("bulk/peer.c"), ground, ["receive"], SPAN);
    assert.ok(rates.get("receive")! > 0, peer.name);
  }
  const ground = await prepareLossyGround(relay, LINUX.stands, { ...CABLE, lossPpm: 1e6 });
  const silent = transfer(LINUX, compileC("bulk/peer.c"), ground, ["receive"], {
    ...SPAN,
    limitMs: SILENCE_MS,
  });
  await assert.rejects(silent, /Command failed/);
});
