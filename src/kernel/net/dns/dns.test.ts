import test from "node:test";
import assert from "node:assert/strict";
import { STATION } from "../../../../tools/network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  icmp,
  ip,
  ipv4,
  isArp,
  PEER,
  read16,
  readUdp,
  u16,
  u32,
  udp,
  type Bytes,
  type UdpFields,
} from "../../../../tools/frames.ts";
import { frame6, ip6, plain6, udp6 } from "../../../../tools/frames6.ts";
import {
  OUR,
  SERVER,
  MISSING,
  REFUSED,
  FULL,
  INVALID,
  GONE,
  machine,
  name,
  pointer,
  record,
  a,
  inSmallLetters,
  reply,
} from "./machine.harness.ts";

test("a name is asked for and answered with its addresses", async () => {
  const { bench, answers, resolve } = await machine();
  const query = resolve("www.example.com");
  assert.ok(query >= 0);
  const asked = readUdp(bench.exchange()[0]!);
  assert.deepEqual([asked.destination, asked.destinationPort], [SERVER, 53]);
  assert.deepEqual(
    inSmallLetters(asked.payload.slice(2)),
    bytes(u16(0x0100), u16(1), u16(0), u32(0), name("www.example.com"), u16(1), u16(1)),
  );
  bench.exchange(reply(asked, [a(pointer(12), "1.2.3.4"), a(pointer(12), "5.6.7.8")]));
  assert.deepEqual(answers, [{ query, result: 2, addresses: ["1.2.3.4", "5.6.7.8"] }]);
  assert.equal(bench.kernel.answer(query, 0, 64), GONE);
  assert.equal(bench.exchange(reply(asked, [])).length, 1, "the port is closed again");
});

/** A server's host says that nobody has the port of the question in `asked`. */
function portUnreachable(asked: UdpFields, source = SERVER): Bytes {
  const { sourcePort, destinationPort, payload } = asked;
  const datagram = udp({ source: OUR, destination: source, sourcePort, destinationPort, payload });
  const quoted = ipv4({ source: OUR, destination: source, protocol: 17, payload: datagram }).slice(0, 28);
  const message = icmp(3, 3, 0, quoted);
  return ethernet(STATION, PEER, 0x0800, ipv4({ source, destination: OUR, protocol: 1, payload: message }));
}

test("a server that is not there is asked again at once, and given up after as many tries", async () => {
  const { bench, answers, resolve } = await machine();
  resolve("www.example.com");
  let asked = readUdp(bench.exchange()[0]!);
  assert.deepEqual(bench.exchange(portUnreachable(asked, "10.0.2.2")), [], "another's word is none");
  assert.deepEqual(bench.exchange(portUnreachable({ ...asked, destinationPort: 80 })), []);
  assert.deepEqual(bench.exchange(portUnreachable({ ...asked, sourcePort: asked.sourcePort ^ 1 })), []);
  for (let tries = 1; tries < 3; tries++) {
    const next = readUdp(bench.exchange(portUnreachable(asked))[0]!);
    assert.notEqual(next.sourcePort, asked.sourcePort);
    asked = next;
  }
  assert.equal(answers.length, 0);
  assert.deepEqual(bench.exchange(portUnreachable(asked)), []);
  assert.deepEqual(
    answers.map(({ result }) => result),
    [REFUSED],
  );
});

test("addresses in writing need no question, bad names are refused", async () => {
  const { bench, answers, resolve } = await machine();
  const query = resolve("192.0.2.7");
  assert.deepEqual(answers, [], "never within the call");
  assert.deepEqual(bench.exchange(), []);
  assert.deepEqual(answers, [{ query, result: 1, addresses: ["192.0.2.7"] }]);
  const label = "a".repeat(63);
  const longest = `${label}.${label}.${label}.${"a".repeat(61)}`;
  for (const bad of ["", ".", "a..b", ".a", "a b", "ä.de", `${label}a.de`, `${longest}a`, "x\0y"]) {
    assert.equal(resolve(bad), INVALID, bad);
  }
  assert.ok(resolve(longest) >= 0);
  assert.ok(resolve("example.com.") >= 0);
});

test("other names are followed within the answer, loops and strangers' records are not", async () => {
  const { bench, answers, resolve } = await machine();
  const ask = (text: string) => (resolve(text), readUdp(bench.exchange()[0]!));
  const cname = (owner: Bytes, target: Bytes) => record(owner, 5, target);
  bench.exchange(
    reply(ask("www.example.com"), [
      a(name("CDN.example.net"), "9.9.9.9"),
      a(name("evil.example.net"), "6.6.6.6"),
      cname(pointer(12), name("edge.example.net")),
      cname(name("edge.example.net"), name("cdn.example.net")),
      record(name("cdn.example.net"), 1, bytes(ip("3.3.3.3")), 3),
      record(name("cdn.example.net"), 1, bytes(1, 2, 3)),
    ]),
  );
  bench.exchange(
    reply(ask("loop.example.com"), [cname(pointer(12), name("b.c")), cname(name("b.c"), pointer(12))]),
  );
  bench.exchange(reply(ask("none.example.com"), [a(name("other.example.com"), "6.6.6.6")]));
  bench.exchange(reply(ask("empty.example.com"), []));
  bench.exchange(reply(ask("no.example.com"), [], { flags: 0x8183 }));
  bench.exchange(reply(ask("private.example.com"), [], { flags: 0x8185 }));
  assert.deepEqual(
    answers.map(({ result, addresses }) => [result, ...addresses]),
    [[1, "9.9.9.9"], [MISSING], [MISSING], [MISSING], [MISSING], [REFUSED]],
  );
});

test("an answer that does not fit the question in all its parts is ignored", async () => {
  const { bench, answers, resolve } = await machine();
  resolve("www.example.com");
  const asked = readUdp(bench.exchange()[0]!);
  const records = [a(pointer(12), "6.6.6.6")];
  const id = read16(asked.payload, 0);
  bench.exchange(
    reply(asked, records, { id: id ^ 1 }),
    reply(asked, records, { source: "10.0.2.4" }),
    reply(asked, records, { sourcePort: 54 }),
    reply(asked, records, { flags: 0x0180 }),
    reply(asked, records, { flags: 0x9180 }),
    reply(asked, records, { question: bytes(name("www.example.org"), u16(1), u16(1)) }),
    reply(asked, records, { question: bytes(name("www.example.com"), u16(28), u16(1)) }),
    reply(asked, records, { question: bytes(name("www.example.com"), u16(1), u16(3)) }),
    reply(asked, records, { payload: asked.payload.slice(0, 11) }),
    reply(asked, records, {
      payload: bytes(u16(id), u16(0x8180), u16(1), u16(1), u32(0), pointer(12), u16(1), u16(1)),
    }),
  );
  assert.deepEqual(answers, []);
  bench.exchange(reply(asked, [a(name("WWW.example.COM"), "1.2.3.4")]));
  assert.equal(answers.length, 1, "how a record spells the name does not matter");
});

test("compression pointers that loop, lead forward or leave the message end the reading", async () => {
  const { bench, answers, resolve } = await machine();
  const bad = [
    pointer(33),
    pointer(34),
    pointer(35),
    pointer(60),
    pointer(0x3fff),
    bytes(0xc0),
    bytes(0x80, 0),
    bytes(63, 1),
  ];
  for (const owner of bad) {
    resolve("www.example.com");
    const asked = readUdp(bench.exchange()[0]!);
    bench.exchange(reply(asked, [a(owner, "6.6.6.6")]));
  }
  resolve("www.example.com");
  const asked = readUdp(bench.exchange()[0]!);
  const selfish = bytes(1, 0x61, pointer(33)); // a label that leads back to itself
  bench.exchange(reply(asked, [record(pointer(12), 5, selfish), record(pointer(12), 5, pointer(45))]));
  assert.deepEqual(
    answers.map(({ result }) => result),
    new Array(9).fill(MISSING),
  );
});

test("a silent or failing server is asked three times, each time from another port with another id", async () => {
  const { bench, answers, resolve } = await machine();
  resolve("www.example.com");
  const asked = [readUdp(bench.exchange()[0]!)];
  bench.exchange(reply(asked[0]!, [], { flags: 0x8182 }));
  for (let second = 0; second < 20; second++) asked.push(...bench.pass(1000).map(readUdp));
  assert.equal(asked.length, 3);
  assert.equal(new Set(asked.map(({ sourcePort }) => sourcePort)).size, 3);
  assert.equal(new Set(asked.map(({ payload }) => read16(payload, 0))).size, 3);
  assert.deepEqual(
    answers.map(({ result }) => result),
    [REFUSED],
  );
});

test("queries are limited, and without a server there is none", async () => {
  const { bench, resolve } = await machine();
  for (let index = 0; index < 32; index++) assert.ok(resolve(`a${index}.example`) >= 0);
  assert.equal(resolve("b.example"), FULL);
  assert.equal(bench.exchange().length, 32);
  const { resolve: alone } = await machine(`net.address=${OUR}/24\nnet.allow=*:*\n`);
  assert.equal(alone("www.example.com"), MISSING);
});

test("an answer is kept as long as its shortest record says, an hour at most, and for one app", async () => {
  const { bench, answers, resolve } = await machine();
  const timed = (seconds: number, aliasSeconds = seconds) => [
    record(pointer(12), 5, name("b.c"), 1, aliasSeconds),
    record(name("b.c"), 1, bytes(ip("9.9.9.9")), 1, seconds),
  ];
  const ask = (records: Bytes[]) => {
    resolve("WWW.example.com");
    const sent = bench.exchange();
    if (sent.length > 0) bench.exchange(reply(readUdp(sent[0]!), records));
    const { result, addresses } = answers.pop()!;
    assert.deepEqual([result, ...addresses], [1, "9.9.9.9"]);
    return sent.length > 0;
  };
  const wait = (seconds: number) => {
    bench.pass(seconds * 1000);
    const body = arp({ operation: 1, senderHardware: PEER, sender: SERVER, target: OUR });
    bench.exchange(ethernet(BROADCAST, PEER, 0x0806, body));
  };
  assert.equal(ask(timed(300, 100)), true);
  wait(99);
  assert.equal(ask([]), false);
  wait(2);
  assert.equal(ask(timed(1_000_000)), true, "over");
  wait(3599);
  assert.equal(ask([]), false);
  wait(2);
  assert.equal(ask(timed(0)), true, "an hour");
  assert.equal(ask(timed(0x8000_0001)), true, "not to be kept");
  assert.equal(ask(timed(60)), true, "no time at all");
  assert.equal(ask([]), false);
  bench.kernel.release();
  assert.equal(ask(timed(60)), true, "another app");
});

test("names kept are limited: the one whose time is over soonest gives way", async () => {
  const { bench, resolve } = await machine();
  const asks = (text: string, seconds: number) => {
    resolve(text);
    const [sent] = bench.exchange();
    if (sent === undefined) return false;
    bench.exchange(reply(readUdp(sent), [record(pointer(12), 1, bytes(1, 2, 3, 4), 1, seconds)]));
    return true;
  };
  for (let index = 0; index < 64; index++) assert.equal(asks(`a${index}.example`, 100 + index), true);
  assert.equal(asks("b.example", 1000), true);
  assert.equal(asks("a0.example", 1000), true, "gave way");
  assert.equal(asks("a63.example", 1000), false);
  assert.equal(asks("b.example", 1000), false);
});

test("a machine with an IPv6 address asks for both kinds, and reads both in writing", async () => {
  const both = `net.address=${OUR}/24\nnet.dns=${SERVER}\nnet.address6=2001:db8::15/64\nnet.allow=*:*\n`;
  const { bench, answers, resolve } = await machine(both);
  bench.pass(1100);
  resolve("www.example.com");
  const first = readUdp(bench.exchange()[0]!);
  assert.deepEqual(first.payload.slice(-4), bytes(u16(28), u16(1)));
  const aaaa = (address: string) => record(pointer(12), 28, bytes(ip6(address)));
  const disguised = record(pointer(12), 28, bytes(new Array(10).fill(0), 255, 255, 127, 0, 0, 1));
  const [next] = bench.exchange(reply(first, [aaaa("2001:db8::80"), disguised, a(pointer(12), "6.6.6.6")]));
  assert.deepEqual(answers, []);
  const second = readUdp(next!);
  assert.deepEqual(second.payload.slice(-4), bytes(u16(1), u16(1)));
  bench.exchange(reply(second, [a(pointer(12), "1.2.3.4")]));
  resolve("2001:db8::99");
  bench.exchange();
  assert.deepEqual(
    answers.map(({ result, addresses }) => [result, ...addresses]),
    [
      [2, plain6("2001:db8::80"), "0:0:0:0:0:ffff:102:304"],
      [1, plain6("2001:db8::99")],
    ],
  );
});

test("an answer over IPv6, from whoever has the server's IPv4 address for a lower half, is nobody's", async () => {
  const OUR6 = "2001:db8::15";
  const both = `net.address=${OUR}/24\nnet.dns=${SERVER}\nnet.address6=${OUR6}/64\nnet.allow=*:*\n`;
  for (const [source, taken] of [
    ["2001:db8:bad::ffff:a00:203", 0],
    [SERVER, 1],
  ] as const) {
    const { bench, answers, resolve } = await machine(both);
    bench.pass(1100);
    resolve("www.example.com");
    const first = readUdp(bench.exchange()[0]!);
    const [next] = bench.exchange(reply(first, []));
    const asked = readUdp(next!);
    const answer = reply(asked, [a(pointer(12), "6.6.6.6")]);
    if (source !== SERVER) {
      const payload = udp6(source, OUR6, [53, asked.sourcePort], readUdp(answer).payload);
      bench.exchange(frame6(STATION, PEER, { source, destination: OUR6, protocol: 17, payload }));
    } else bench.exchange(answer);
    assert.equal(answers.length, taken, source);
  }
});

test("with one kind of address unanswered, the other is good for whoever asked", async () => {
  const grants = "net.address6=2001:db8::15/64\nnet.allow=www.example.com:443\n";
  const { bench, answers, resolve } = await machine(`net.address=${OUR}/24\nnet.dns=${SERVER}\n${grants}`);
  bench.pass(1100);
  resolve("www.example.com");
  const first = readUdp(bench.exchange()[0]!);
  bench.exchange(reply(first, [record(pointer(12), 28, bytes(ip6("2001:db8::80")))]));
  for (let second = 0; second < 20; second++) bench.pass(1000);
  assert.equal(answers.pop()!.result, 1);
  const socket = bench.kernel.bind(7000);
  bench.appMemory.set(ip6("2001:db8::80"), 0);
  assert.equal(bench.kernel.send(socket, 0, 16, 443, 64, 1), 0);
  resolve("www.example.com");
  assert.equal(
    bench.exchange().filter((frame) => !isArp(frame)).length,
    2,
    "a datagram, a question: it is not taken for all there is",
  );
});
