/**
 * What a stranger on the wire finds out about whole machines: the next initial sequence number (row 28), how much is sent to
 * others (row 29), which ports there are (row 33). The stranger writes frames, and is nobody's client.
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import {
  bytes,
  ethernet,
  internetChecksum,
  ip,
  ipv4,
  PEER,
  read16,
  read32,
  u16,
  u32,
  udpFrame,
  type Bytes,
} from "../../tools/frames.ts";
import { GUEST, HOSTS, meet, OUR, type HostName, type Stranger } from "./raw-cable.ts";
import type { Weakening } from "./whole-machine.ts";

const PORTS = "tests/apps/native-ports.ts";
const [SYN, RST, ACK] = [2, 4, 16];
const SYNS = 10_000;
/** An attacker's segments land in a window of this size. */
const WINDOW = 1 << 16;

function segment(source: string, port: number, to: number, flags: number, seq: number): Bytes {
  const header = bytes(u16(port), u16(to), u32(seq), u32(0), 0x50, flags, u16(1000), u32(0));
  header.set(u16(internetChecksum(bytes(ip(source), ip(OUR), 0, 6, u16(20), header))), 16);
  return ethernet(GUEST, PEER, 0x0800, ipv4({ source, destination: OUR, protocol: 6, payload: header }));
}

const isTcp = (flags: number) => (frame: Bytes) =>
  read16(frame, 12) === 0x0800 && frame[23] === 6 && (frame[47]! & (SYN | RST | ACK)) === flags;
const clientOf = (index: number) => `198.51.${100 + (index >> 13)}.${1 + (index % 250)}`;
const portOf = (index: number) => 1024 + ((index * 31) & 0x7fff);

/** The numbers of answers to SYNs from different ends; each is reset, so that none has to be told by a cookie. */
async function initialNumbers(stranger: Stranger, count: number): Promise<number[]> {
  const numbers: number[] = [];
  for (let from = 0; from < count; from += 100) {
    const indices = Array.from({ length: 100 }, (_, index) => from + index);
    const syns = indices.map((index) => segment(clientOf(index), portOf(index), 80, SYN, 1000));
    const answers = await stranger.ask(syns, isTcp(SYN | ACK), 1);
    const byPort = new Map(answers.map((frame) => [read16(frame, 36), read32(frame, 38)]));
    numbers.push(...indices.map((index) => byPort.get(portOf(index))!));
    await stranger.ask(
      indices.map((index) => segment(clientOf(index), portOf(index), 80, RST, 1001)),
      () => false,
      0,
    );
  }
  return numbers;
}

const near = (number: number, guess: number) => (number - guess + WINDOW / 2) >>> 0 < WINDOW;

/** How many are guessed from those before: the last again, or as far on as the last step went. */
function guessed(numbers: readonly number[]): number {
  let hits = 0;
  for (let index = 2; index < numbers.length; index++) {
    const [before, last, number] = [numbers[index - 2]!, numbers[index - 1]!, numbers[index]!];
    if (near(number, last) || near(number, (2 * last - before) >>> 0)) hits++;
  }
  return hits;
}

/** Of 256 counts that chance alone makes, chi squared is 255, give or take 23. */
function worstByte(numbers: readonly number[]): number {
  const worst = [0, 8, 16, 24].map((shift) => {
    const counts = new Array<number>(256).fill(0);
    for (const number of numbers) counts[(number >>> shift) & 255]!++;
    const expected = numbers.length / 256;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  });
  return Math.max(...worst);
}

const COUNTED: readonly Weakening[] = [["net/tcp/isn.ts", [" + <u32>hashFlow(key0, key1, flow)", ""]]];

async function row28(host: HostName, count: number, weakenings?: readonly Weakening[]): Promise<number[]> {
  const stranger = await meet(host, PORTS, weakenings);
  const numbers = await initialNumbers(stranger, count);
  await stranger.stop();
  assert.equal(numbers.length, count);
  return numbers;
}

for (const host of HOSTS) {
  test(`row 28: ten thousand initial sequence numbers do not tell the next: ${host}`, async () => {
    const numbers = await row28(host, SYNS);
    assert.equal(new Set(numbers).size > SYNS - 10, true, "they differ");
    assert.ok(guessed(numbers) <= 5, `${guessed(numbers)} guessed; by luck 0.3`);
    assert.ok(worstByte(numbers) < 255 + 7 * 23, `chi squared ${worstByte(numbers)}`);
  });

  test(`row 28, control: a clock without the hash tells every one: ${host}`, async () => {
    const numbers = await row28(host, 500, COUNTED);
    assert.ok(guessed(numbers) > 450, `${guessed(numbers)} of 500`);
    assert.ok(worstByte(numbers) > 255 + 7 * 23);
  });

  test(`row 29: no id of a datagram tells how much is sent to others: ${host}`, async () => {
    const stranger = await meet(host, PORTS);
    const syns = Array.from({ length: 200 }, (_, index) =>
      segment(clientOf(index), portOf(index), 81, SYN, 1),
    );
    const ids = (await stranger.ask(syns, isTcp(RST | ACK), 1)).map((frame) => [
      read16(frame, 18),
      read16(frame, 20),
    ]);
    assert.deepEqual(new Set(ids.map(String)), new Set(["0,16384"]), "no id, and not to be cut on the way");
    await stranger.stop();
  });

  test(`row 33: of all ports the declared ones answer, and no other: ${host}`, async () => {
    assert.deepEqual(await openPorts(host), { tcp: [80], udp: [7000] });
  });
}

test("row 33, control: a port more is found", async () => {
  const more: Weakening = [
    "http/service.ts",
    ["  startServer();", "  startServer();\n  listenTcp(31337, httpOwner());"],
  ];
  assert.deepEqual((await openPorts("hosted", [more])).tcp, [80, 31337]);
});

/** Knocks at every port there is. */
async function openPorts(host: HostName, weakenings?: readonly Weakening[]) {
  const stranger = await meet(host, PORTS, weakenings);
  const ports = Array.from({ length: 65535 }, (_, index) => index + 1);
  const isAny = (frame: Bytes) => isTcp(SYN | ACK)(frame) || isTcp(RST | ACK)(frame);
  const knocks = ports.map((port) => segment(clientOf(port % 4000), portOf(port), port, SYN, 1));
  const answers = await stranger.ask(knocks, isAny, 1);
  const tcp = answers.filter(isTcp(SYN | ACK)).map((frame) => read16(frame, 34));
  const fields = { source: "198.51.100.9", destination: OUR, sourcePort: 4000, payload: bytes(1, 2, 3) };
  const datagrams = ports.map((port) => udpFrame(GUEST, PEER, { ...fields, destinationPort: port }));
  const isUdp = (frame: Bytes) => read16(frame, 12) === 0x0800 && frame[23] === 17;
  const udp = await stranger.ask(datagrams, isUdp, 0);
  // Whoever is asked last has seen all before it.
  const last = udpFrame(GUEST, PEER, { ...fields, destinationPort: 7000, payload: bytes(9) });
  udp.push(...(await stranger.ask([last], (frame) => isUdp(frame) && frame[42] === 9, 1)));
  await stranger.stop();
  return {
    tcp: [...new Set(tcp)].sort((one, other) => one - other),
    udp: [...new Set(udp.map((frame) => read16(frame, 34)))],
  };
}
