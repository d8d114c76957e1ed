/**
 * What somebody who cannot see our segments must not be able to do (BATTERY rows 28, 29 and 30). Each attack also
 * runs against a stack without the protection, where it must succeed.
 */
import test from "node:test";
import assert from "node:assert/strict";
import {
  ACK,
  Bench,
  established,
  Peer,
  PEER,
  RST,
  SYN,
  u32,
  type Segment,
  type Weakening,
} from "./bench.harness.ts";

/** An attacker's numbers land in a window of this size. */
const WINDOW = 1 << 16;
const SYNS = 10_000;

const near = (number: number, guess: number) => u32(number - guess + WINDOW / 2) < WINDOW;

/** Guesses each number from those before: the last one again, or as far on as the last step went. */
function guessed(numbers: readonly number[]): number {
  let hits = 0;
  for (let index = 2; index < numbers.length; index++) {
    const [before, last, number] = [numbers[index - 2]!, numbers[index - 1]!, numbers[index]!];
    if (near(number, last) || near(number, u32(2 * last - before))) hits++;
  }
  return hits;
}

/** The initial sequence numbers that a flood of SYNs brings in: of connections, then of cookies. */
async function initialNumbers(weakened?: Weakening): Promise<number[]> {
  const bench = await Bench.create({ connections: 1024, ...(weakened === undefined ? {} : { weakened }) });
  bench.kernel["listen"](80);
  const numbers: number[] = [];
  for (let count = 0; count < SYNS; count++) {
    const [answer] = new Peer(bench, 80, 1024 + count, count * 7919).send({ flags: SYN });
    assert.equal(answer!.flags, SYN | ACK);
    numbers.push(answer!.seq);
    bench.time += 10_000n;
  }
  return numbers;
}

test("row 28: ten thousand initial sequence numbers do not tell the next", async () => {
  const numbers = await initialNumbers();
  // By luck 0.3 of them, or twice that by two guesses; cookies share 8 bits within their period.
  const remembered = guessed(numbers.slice(0, 500));
  assert.ok(remembered <= 2, `${remembered} of 500`);
  const cookies = guessed(numbers.slice(600));
  assert.ok(cookies < 200, `${cookies} of 9400 cookies: 2 * 65536 / 2^24 would be 73`);
});

test("row 28, control: a clock without the hash tells every one", async () => {
  const numbers = await initialNumbers(["isn.ts", [" + <u32>hashFlow(key0, key1, flow)", ""]]);
  assert.ok(guessed(numbers.slice(0, 500)) > 490);
});

async function ports(weakened?: Weakening): Promise<number> {
  const bench = await Bench.create({ connections: 512, ...(weakened === undefined ? {} : { weakened }) });
  const drawn: number[] = [];
  for (let count = 0; count < 400; count++) {
    drawn.push(bench.turn(() => bench.kernel["connect"](PEER, 80, count + 1))[0]!.source);
  }
  return drawn.filter((port, index) => index > 0 && Math.abs(port - drawn[index - 1]!) <= 16).length;
}

test("row 29: the port of a connection does not tell the next one's", async () => {
  const hits = await ports();
  assert.ok(hits < 10, `${hits} of 400 within 16 of the last`);
});

test("row 29, control: counted ports do", async () => {
  const counted: Weakening = [
    "ports.ts",
    ["export function drawPort", "let next: u32 = 0;\nexport function drawPort"],
    ["randomU32() &", "next++ &"],
  ];
  assert.ok((await ports(counted)) > 390);
});

const brief = (segments: Segment[]) => segments.map((segment) => [segment.flags, segment.ack]);

/** Sends forged segments all over the window: is the connection still there, and what was said? */
async function survives(forge: (peer: Peer) => Segment[], weakened?: Weakening) {
  const { bench, peer } = await established({
    window: 1000,
    ...(weakened === undefined ? {} : { weakened }),
  });
  bench.turn(() => bench.write(peer.handle, "out"));
  const out = forge(peer);
  const alive = !bench.events.some((event) => event.startsWith("closed"));
  return {
    alive,
    taken: bench.received.length,
    out: brief(out.filter((segment) => segment.data.length === 0)),
    peer,
  };
}

const reset = (peer: Peer) => {
  const out: Segment[] = [];
  for (let guess = 1; guess < 200_000; guess += 999) out.push(...peer.send({ flags: RST, seq: guess }));
  return out;
};

test("row 30: a blind reset is asked about, once, and ends nothing", async () => {
  const { alive, out, peer } = await survives(reset);
  assert.ok(alive);
  assert.deepEqual(out, [[ACK, peer.seq]], "the rest comes within the same tenth of a second");
});

test("row 30, control: without the exact match the reset hits", async () => {
  const exact = "if (segment.sequence != connection.receiveNext) return challenge(connection);";
  assert.equal((await survives(reset, ["input.ts", [exact, ""]])).alive, false);
});

const syn = (peer: Peer) => [0, 5000, -90_000].flatMap((seq) => peer.send({ flags: SYN, seq }));

test("row 30: a blind SYN is asked about and ends nothing", async () => {
  const { alive, out, peer } = await survives(syn);
  assert.ok(alive);
  assert.deepEqual(out, [[ACK, peer.seq]]);
});

test("row 30, control: as RFC 793 had it, the SYN hits", async () => {
  const challenged = "if (segment.has(SYN)) return challenge(connection);";
  const old = "if (segment.has(SYN)) return end(connection, Event.Reset, CloseReason.Reset);";
  assert.equal((await survives(syn, ["input.ts", [challenged, old]])).alive, false);
});

const inject = (peer: Peer) =>
  [1 << 20, -70_000, -(2 ** 30)].flatMap((ack) => peer.send({ ack, data: "forged" }));

test("row 30: data with a blind acknowledgment is not taken, and asked about once", async () => {
  const { alive, taken, out, peer } = await survives(inject);
  assert.ok(alive);
  assert.equal(taken, 0);
  assert.deepEqual(out, [[ACK, peer.seq]]);
});

test("row 30, control: with half of all acknowledgments good, it is", async () => {
  const range = "before(acknowledgment, connection.sendUnacknowledged - connection.sendWindowMaximum)";
  assert.ok((await survives(inject, ["input.ts", [range, "false"]])).taken > 0);
});
