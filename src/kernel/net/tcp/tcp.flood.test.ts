/** More peers than places: SYN cookies, and who makes room for whom. */
import test from "node:test";
import assert from "node:assert/strict";
import {
  ACK,
  Bench,
  Peer,
  RST,
  SYN,
  textOf,
  u32,
  type Given,
  type Segment,
  type Weakening,
} from "./bench.harness.ts";

const FULL = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 99, 0, 0, 0, 0, 1, 3, 3, 7];

/** A bench whose one listener remembers no more handshakes. */
async function flooded(): Promise<Bench> {
  const bench = await Bench.create({ connections: 2048 });
  bench.kernel["listen"](80);
  for (let port = 1; port <= 512; port++) new Peer(bench, 80, port).send({ flags: SYN });
  assert.equal(bench.kernel["connectionCount"](), 512);
  return bench;
}

function knock(bench: Bench, given: Given = {}): { peer: Peer; answer: Segment } {
  const peer = new Peer(bench, 80, 30_000);
  const [answer] = peer.send({ flags: SYN, options: FULL, ...given });
  peer.seq++;
  peer.ack = u32(answer!.seq + 1);
  return { peer, answer: answer! };
}

/** Time stamps as the peer sends them: its own, and ours from the answer's options. */
function stamps(own: number, answer: Segment): number[] {
  const at = answer.options.findIndex((kind, index) => kind === 8 && answer.options[index + 1] === 10);
  return [1, 1, 8, 10, 0, 0, 0, own, ...answer.options.slice(at + 2, at + 6)];
}

test("a flood is answered without being remembered, and a true peer gets in, with all its options", async () => {
  const bench = await flooded();
  const { peer, answer } = knock(bench);
  assert.equal(answer.flags, SYN | ACK);
  assert.equal(bench.kernel["connectionCount"](), 512, "nothing is remembered");
  bench.advance(100);
  bench.take = (handle, bytes) => (bench.write(handle, "hello " + textOf(bytes)), bytes.length);
  const out = peer.send({ data: "world", options: stamps(100, answer), window: 10 });
  assert.deepEqual(bench.events, ["opened"]);
  assert.equal(textOf(out[0]!.data), "hello world");
  assert.equal(out[0]!.options.length, 12, "time stamps go on");
  const handle = bench.handles[0]!;
  const more = bench.turn(() => bench.write(handle, new Uint8Array(5000)));
  assert.equal(
    more.reduce((sum, segment) => sum + segment.data.length, 0),
    10 * 128 - 11,
    "the window is scaled as the SYN said",
  );
  assert.deepEqual(
    more.map((segment) => segment.data.length),
    [1280 - 11],
  );
  const duplicate = peer.send({ seq: 10, data: "x", options: stamps(101, answer) });
  assert.ok(duplicate.at(-1)!.options.includes(5), "and selective acknowledgments are on");
});

test("a peer without time stamps gets in with its segment size alone", async () => {
  const bench = await flooded();
  const { peer, answer } = knock(bench, { options: [2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 1, 1] });
  assert.deepEqual([...answer.options], [2, 4, 5, 0xb4]);
  peer.send({ window: 5000 });
  assert.deepEqual(bench.events, ["opened"]);
  const out = bench.turn(() => bench.write(bench.handles[0]!, new Uint8Array(10_000)));
  assert.deepEqual(
    out.map((segment) => segment.data.length),
    [1460, 1460, 1460],
  );
});

test("an acknowledgment that answers no cookie, another's, or one too old is refused", async () => {
  const bench = await flooded();
  const { peer, answer } = knock(bench);
  const options = stamps(100, answer);
  for (const wrong of [{ ack: 1 }, { ack: 1 << 24 }, { seq: 1 }, { options: [] }]) {
    const [reset] = peer.send({ options, ...wrong });
    assert.equal(reset!.flags, RST);
  }
  const other = new Peer(bench, 80, 30_001, peer.seq);
  other.ack = peer.ack;
  assert.equal(other.send({ options })[0]!.flags, RST);
  bench.advance(150_000);
  for (let port = 1; port <= 512; port++) new Peer(bench, 80, port, 5).send({ flags: SYN });
  knock(bench);
  assert.equal(peer.send({ options })[0]!.flags, RST);
  assert.deepEqual(bench.events, []);
});

test("control: an acknowledgment that comes in time opens, the same later does not", async () => {
  for (const [ms, opens] of [
    [60_000, true],
    [150_000, false],
  ] as const) {
    const bench = await flooded();
    const { peer, answer } = knock(bench);
    bench.advance(ms);
    peer.send({ options: stamps(100, answer) });
    assert.equal(bench.events.includes("opened"), opens, `${ms} ms`);
  }
});

test("without a flood no acknowledgment is taken for a cookie's", async () => {
  const bench = await Bench.create();
  bench.kernel["listen"](80);
  const [reset] = new Peer(bench, 80).send({ ack: 12345 });
  assert.equal(reset!.flags, RST);
});

/** Whether a peer in earnest is heard in a table that is smaller than a flood. */
async function getsIntoSmallTable(weakened?: Weakening): Promise<boolean> {
  const bench = await Bench.create({ connections: 64, ...(weakened === undefined ? {} : { weakened }) });
  bench.kernel["listen"](80);
  bench.kernel["listen"](81);
  for (let port = 1; port <= 500; port++) new Peer(bench, 80 + (port & 1), port).send({ flags: SYN });
  const { peer, answer } = knock(bench);
  peer.send({ data: "x", options: stamps(100, answer) });
  return bench.events.includes("opened");
}

test("a flood takes half of a small table, and true peers the other half", async () => {
  assert.ok(await getsIntoSmallTable());
});

test("control: without that limit it takes the whole table", async () => {
  const open: Weakening = ["listener.ts", [" || handshakes >= handshakeLimit", ""]];
  assert.ok(!(await getsIntoSmallTable(open)));
});

/** How much the last of some peers can be sent, when none of them takes anything. */
async function leftForTheLast(weakened?: Weakening): Promise<number> {
  const bench = await Bench.create({
    chunks: 2048,
    connections: 256,
    ...(weakened === undefined ? {} : { weakened }),
  });
  bench.kernel["listen"](80);
  let taken = 0;
  for (let port = 1; port <= 100; port++) {
    const peer = new Peer(bench, 80, port).open({ window: 0 });
    taken = 0;
    bench.turn(() => {
      for (let part = 1; part > 0; taken += part) part = bench.write(peer.handle, new Uint8Array(4096));
    });
  }
  return taken;
}

test("readers that take nothing leave something for everyone", async () => {
  assert.equal(await leftForTheLast(), 4096);
});

test("control: with the same limit for all, the first ones take all that there is", async () => {
  const same: Weakening = [
    "provider.ts",
    ["sendLimit(connection, chunks)", "sendLimit(connection, 1 << 30)"],
  ];
  assert.equal(await leftForTheLast(same), 0);
});

test("a full table ends who stood still for longest, never who was heard a moment ago", async () => {
  const bench = await Bench.create({ connections: 16 });
  bench.kernel["listen"](80);
  const peers = Array.from({ length: 8 }, (_, index) => {
    const peer = new Peer(bench, 80, 100 + index).open();
    bench.advance(1000);
    return peer;
  });
  new Peer(bench, 80, 200).send({ flags: SYN });
  assert.ok(!bench.events.includes("closed 3"), "nobody has stood still for long");
  bench.advance(40_000);
  for (const peer of peers.slice(0, 4)) peer.send({ data: "x" });
  new Peer(bench, 80, 201).send({ flags: SYN });
  assert.equal(bench.events.filter((event) => event === "closed 3").length, 1);
  for (const peer of peers.slice(0, 4)) assert.equal(bench.kernel["stateOf"](peer.handle), 4);
  assert.equal(bench.kernel["stateOf"](peers[4]!.handle), 0, "the oldest of those that were silent");
});

/** A full table of peers that say a byte each 20 s, and one more: whether it gets in. */
async function getsIn(rests: boolean): Promise<boolean> {
  const bench = await Bench.create({ connections: 8 });
  bench.kernel["listen"](80);
  bench.kernel["setResting"](rests);
  const peers = Array.from({ length: 8 }, (_, index) => new Peer(bench, 80, 100 + index).open());
  for (let round = 0; round < 5; round++) {
    bench.advance(20_000);
    for (const peer of peers) peer.send({ data: "x", seq: round });
  }
  bench.advance(1000);
  new Peer(bench, 80, 200).send({ flags: SYN });
  assert.ok(!bench.events.includes("closed 3"), "who was heard a moment ago stays in any case");
  bench.advance(2000);
  new Peer(bench, 80, 201).send({ flags: SYN });
  return bench.events.includes("closed 3");
}

test("where nothing is under way a byte now and then keeps no place in a full table", async () => {
  assert.ok(await getsIn(true));
  assert.ok(!(await getsIn(false)), "control: while something is, it does");
});

test("a peer that answers probes and takes nothing stands still, too", async () => {
  const bench = await Bench.create({ connections: 9 });
  bench.kernel["listen"](80);
  const peer = new Peer(bench, 80).open({ window: 0 });
  bench.turn(() => bench.write(peer.handle, "never taken"));
  for (let second = 0; second < 40; second++) {
    for (const probe of bench.advance(1000)) if (probe.flags & ACK) peer.send({ window: 0 });
  }
  new Peer(bench, 80, 5000).send({ flags: SYN });
  assert.ok(bench.events.includes("closed 3"));
});

test("what nobody acknowledges is answered four times, and forgotten: whom a forged SYN names hears no more", async () => {
  const bench = await Bench.create();
  bench.kernel["listen"](80);
  let answers = new Peer(bench, 80).send({ flags: SYN }).length;
  for (let second = 0; second < 60; second++) answers += bench.advance(1000).length;
  assert.equal(answers, 4);
  assert.equal(bench.kernel["connectionCount"](), 0);
});

/** Peers that say bytes far apart, and nothing before them: how many chunks that holds. */
async function scattered(weakened?: Weakening): Promise<number> {
  const options = { chunks: 512, connections: 64, ...(weakened === undefined ? {} : { weakened }) };
  const bench = await Bench.create(options);
  bench.kernel["listen"](80);
  for (let port = 1; port <= 10; port++) {
    const peer = new Peer(bench, 80, port).open();
    for (let at = 1; at <= 150; at++) peer.send({ seq: peer.seq + at * 300, data: "x" });
  }
  const held = bench.kernel["chunksInUse"]() as number;
  const honest = new Peer(bench, 80, 99).open();
  honest.send({ data: "in order" });
  assert.equal(bench.received.length, "in order".length);
  return held;
}

test("bytes with gaps before them hold half of all chunks at most, however many peers say them", async () => {
  assert.equal(await scattered(), 256);
});

test("control: without the limit for all of them they hold all but a few", async () => {
  const unlimited: Weakening = ["reassembly.ts", ["pieces >= chunkLimit() / 2 || ", ""]];
  assert.ok((await scattered(unlimited)) >= 440);
});
