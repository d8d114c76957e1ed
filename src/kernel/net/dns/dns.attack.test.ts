/**
 * Row 29, of questions: who cannot see them cannot guess the next one's port and id from those before. Each also runs against
 * a resolver that counts, where the same guesses must hit.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createBench, serviceRoot, STATION } from "../../../../tools/network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  isArp,
  PEER,
  read16,
  readUdp,
  u16,
  u32,
  udpFrame,
} from "../../../../tools/frames.ts";

const QUESTIONS = 500;
const OUR = "10.0.2.15";
const SERVER = "10.0.2.3";

interface Asked {
  readonly port: number;
  readonly id: number;
  /** A bit for each letter, set where it is small. */
  readonly spelling: string;
}

async function ask(virtualFiles: Readonly<Record<string, string>> = {}): Promise<Asked[]> {
  const bench = await createBench({
    name: "net/dns/attack.harness.ts",
    source: serviceRoot(["ip", "udp", "dns"], `\nexport { resolve } from "./service";\n`),
    configuration: `net.address=${OUR}/24\nnet.dns=${SERVER}\nnet.allow=*:53\n`,
    virtualFiles,
  });
  const introduce = arp({ operation: 1, senderHardware: PEER, sender: SERVER, target: OUR });
  bench.exchange(ethernet(BROADCAST, PEER, 0x0806, introduce));
  const asked: Asked[] = [];
  for (let count = 0; count < QUESTIONS; count++) {
    bench.appMemory.set(Buffer.from(`n${1000 + count}.example`), 0);
    bench.kernel["resolve"](0, 13);
    const question = readUdp(bench.exchange().find((frame) => !isArp(frame))!);
    asked.push({
      port: question.sourcePort,
      id: read16(question.payload, 0),
      spelling: [...Buffer.from(question.payload.slice(13)).toString("latin1")]
        .filter((letter) => /[a-z]/i.test(letter))
        .map((letter) => (letter >= "a" ? 1 : 0))
        .join(""),
    });
    const payload = bytes(
      question.payload.slice(0, 2),
      u16(0x8183),
      u16(1),
      u16(0),
      u32(0),
      question.payload.slice(12),
    );
    const ends = { source: SERVER, destination: OUR, sourcePort: 53, destinationPort: question.sourcePort };
    bench.exchange(udpFrame(STATION, PEER, { ...ends, payload }));
  }
  return asked;
}

/** How many come within 16 of the last one, or of where the last step leads. */
function guessed(numbers: readonly number[], range: number): number {
  const isNear = (number: number, guess: number) => (number - guess + 16 + 2 * range) % range < 32;
  return numbers.filter(
    (number, at) =>
      at > 1 && (isNear(number, numbers[at - 1]!) || isNear(number, 2 * numbers[at - 1]! - numbers[at - 2]!)),
  ).length;
}

function counting(file: string, from: string, to: string): Readonly<Record<string, string>> {
  const text = readFileSync(path.join(import.meta.dirname, "../..", file), "utf8");
  assert.ok(text.includes(from), `${file} has no "${from}": the control no longer controls`);
  return { [file]: `${text.replace(from, to)}\nlet counted: u32 = 0;\n` };
}

test("row 29: neither port nor id of a question tells the next one's", async () => {
  const asked = await ask();
  assert.equal(asked.length, QUESTIONS);
  // By luck two of 500 ports, of 16384, and one id, of 65536.
  const ports = guessed(
    asked.map(({ port }) => port),
    16384,
  );
  assert.ok(ports < 12, `${ports} ports`);
  const ids = guessed(
    asked.map(({ id }) => id),
    65536,
  );
  assert.ok(ids < 8, `${ids} ids`);
  assert.ok(asked.every(({ port }) => port >= 49152));
});

test("row 29, control: counted ones are guessed", async () => {
  const ids = counting("net/dns/resolver.ts", "<u16>randomU32()", "<u16>(counted++)");
  assert.ok(
    guessed(
      (await ask(ids)).map(({ id }) => id),
      65536,
    ) > 490,
  );
  const ports = counting("net/udp/port-table.ts", "randomU32() % DYNAMIC_PORTS", "counted++ % DYNAMIC_PORTS");
  assert.ok(
    guessed(
      (await ask(ports)).map(({ port }) => port),
      16384,
    ) > 490,
  );
});

/** How often the most frequent spelling of a name was used. */
function mostSpelt(asked: readonly Asked[]): number {
  const counts = new Map<string, number>();
  for (const { spelling } of asked) counts.set(spelling, (counts.get(spelling) ?? 0) + 1);
  return Math.max(...counts.values());
}

test("row 29: a name is spelt by chance, a bit for each letter", async () => {
  const asked = await ask();
  assert.equal(asked[0]!.spelling.length, 8);
  // By luck some two of 500 in 256 ways.
  assert.ok(mostSpelt(asked) < 16, String(mostSpelt(asked)));
  const plain = counting("net/dns/resolver.ts", "else spellByChance(", "else spellSmall(");
  assert.equal(mostSpelt(await ask(plain)), QUESTIONS, "control: without it, always the same");
});
