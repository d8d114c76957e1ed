/** Neighbours over IPv6: asked for, believed, asked again. */
import test from "node:test";
import assert from "node:assert/strict";
import { STATION } from "../../../../tools/network-bench.ts";
import {
  OUR,
  PEER6,
  settled,
  link,
  solicitation,
  advertisement,
  confirmation,
  toUs,
} from "../../../../tools/network-machine6.ts";
import { bytes, PEER, u32, type Bytes } from "../../../../tools/frames.ts";
import { group6, icmp6, ip6, plain6, readIpv6, solicited6 } from "../../../../tools/frames6.ts";

test("echo is answered to its neighbour, who is known from his question", async () => {
  const bench = await settled();
  bench.exchange(solicitation(PEER6, OUR));
  const data = bytes(0, 1, 0, 2, new Array(50).fill(7));
  const [reply] = bench.exchange(toUs(58, icmp6(PEER6, OUR, 128, 0, data)));
  assert.deepEqual(reply!.slice(0, 6), PEER);
  assert.deepEqual(readIpv6(reply!).payload, icmp6(OUR, PEER6, 129, 0, data));
  const wrong = icmp6(PEER6, OUR, 128, 0, data);
  wrong[2]! ^= 1;
  assert.deepEqual(bench.exchange(toUs(58, wrong)), []);
});

test("an unknown neighbour is asked for, and what waits leaves when he answers", async () => {
  const bench = await settled();
  const [question, ...more] = bench.exchange(toUs(58, icmp6(PEER6, OUR, 128, 0, bytes(1, 2, 3, 4))));
  assert.equal(more.length, 0);
  const asked = readIpv6(question!);
  assert.deepEqual(question!.slice(0, 6), group6(solicited6(PEER6)));
  assert.equal(asked.source, plain6(OUR));
  assert.equal(asked.destination, plain6(solicited6(PEER6)));
  assert.deepEqual(asked.payload.slice(4), bytes(u32(0), ip6(PEER6), link(1, STATION)));
  const [reply] = bench.exchange(advertisement(PEER6));
  assert.deepEqual(reply!.slice(0, 6), PEER);
  assert.equal(readIpv6(reply!).payload[0], 129);
});

test("a neighbour that is asked alone need not name its hardware address again", async () => {
  const bench = await settled();
  bench.exchange(solicitation(PEER6, OUR));
  const echo = toUs(58, icmp6(PEER6, OUR, 128, 0, bytes(1, 2, 3, 4)));
  const questions = (frames: readonly Bytes[]) =>
    frames.map(readIpv6).filter((each) => each.payload[0] === 135);
  bench.pass(61_000);
  const [probe] = questions(bench.exchange(echo));
  assert.equal(probe!.destination, plain6(PEER6), "asks whether it is still there");
  bench.exchange(confirmation(PEER6));
  for (let second = 0; second < 10; second++) {
    assert.equal(bench.exchange(echo).length, 1, `is answered in second ${second}`);
    assert.deepEqual(questions(bench.pass(1000)), [], `is not asked again in second ${second}`);
  }
});

test("only an answer confirms, and nobody unknown", async () => {
  const bench = await settled();
  const echo = toUs(58, icmp6(PEER6, OUR, 128, 0, bytes(1, 2, 3, 4)));
  bench.exchange(echo);
  bench.exchange(confirmation(PEER6));
  assert.deepEqual(bench.exchange(echo), [], "its address was never heard");
  bench.exchange(advertisement(PEER6));
  bench.pass(61_000);
  bench.exchange(echo);
  bench.exchange(confirmation(PEER6, 0x2000_0000), confirmation(PEER6, 0x6000_0000, "ff02::1"));
  const [again] = bench.pass(1100).map(readIpv6);
  assert.equal(again!.payload[0], 135, "who was not asked for it has confirmed nothing");
});

test("a neighbour that falls silent is asked for among all, and is found at its new place", async () => {
  const bench = await settled();
  bench.exchange(solicitation(PEER6, OUR));
  const echo = toUs(58, icmp6(PEER6, OUR, 128, 0, bytes(1, 2, 3, 4)));
  bench.pass(61_000);
  bench.exchange(echo);
  const asked = [1, 2, 3].map(() => bench.pass(1100).map(readIpv6)[0]!.destination);
  assert.deepEqual(asked, [plain6(PEER6), plain6(PEER6), plain6(solicited6(PEER6))]);
  const moved = Uint8Array.of(2, 0, 0, 0, 0, 9);
  bench.exchange(advertisement(PEER6, OUR, moved));
  const [answer] = bench.exchange(echo);
  assert.deepEqual([...answer!.slice(0, 6)], [...moved]);
});
