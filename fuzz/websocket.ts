/**
 * Frames of any bytes, cut anywhere: the server must not trap, must give everything back, must send whole frames, and
 * must answer exactly as if all bytes had come at once.
 */
import assert from "node:assert/strict";
import { CASES } from "../src/kernel/http/websocket/cases.harness.ts";
import { HttpBench } from "../tools/http-bench.ts";
import { textOf } from "../tools/latin.ts";
import { echo, framesOf, open } from "../tools/websocket-peer.ts";
import { randomFrom, type FuzzTarget } from "./target.ts";

const SEED_SIZE_LIMIT = 400;

let bench: HttpBench | undefined;

/** What the server answered, and what the app was told. */
function outcome(server: HttpBench, input: Uint8Array, size: () => number): string {
  const { closed, sockets } = echo(server, 5000);
  const told: string[] = [];
  server.app.socketControl = (id, opcode) => {
    const payload = server.callFor("websocket_reason", id, 200);
    told.push(`${opcode}:${typeof payload === "number" ? payload : textOf(payload)}`);
  };
  const peer = open(server);
  server.kernel.websocket_heed(sockets[0]!);
  for (let at = 0; at < input.length;) {
    const count = size();
    peer.send(input.subarray(at, at + count));
    at += count;
  }
  peer.finish();
  const answer = framesOf(peer.take()).join(" ");
  peer.reset();
  server.entered.length = 0;
  assert.deepEqual(server.inUse(), { chunks: 0, connections: 0, longHeads: 0 });
  assert.equal(server.kernel.socketsInUse(), 0);
  assert.equal(closed.length, 1);
  return `${answer} | ${told.join(" ")} | ${closed[0]}`;
}

async function run(input: Uint8Array): Promise<void> {
  const server = (bench ??= await HttpBench.start());
  server.longestOffer = 1 << 20;
  const whole = outcome(server, input, () => input.length);
  const random = randomFrom(input.reduce((sum, byte) => Math.imul(sum, 31) + byte, input.length));
  server.closesAtOnce = random(2) === 0;
  server.longestOffer = 1 + random(300);
  assert.equal(
    outcome(server, input, () => 1 + random(random(2) === 0 ? 8 : 200)),
    whole,
  );
}

export const target: FuzzTarget = {
  name: "websocket",
  corpus: CASES.map(([, bytes]) => bytes).filter((bytes) => bytes.length < SEED_SIZE_LIMIT),
  run,
};
