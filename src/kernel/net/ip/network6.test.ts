import test from "node:test";
import assert from "node:assert/strict";
import { STATION } from "../../../../tools/network-bench.ts";
import {
  OUR,
  PEER6,
  ROUTER,
  FAR,
  machine6,
  settled,
  link,
  isType,
  solicitation,
  toUs,
} from "../../../../tools/network-machine6.ts";
import { bytes, PEER, read16, u16, u32, type Bytes } from "../../../../tools/frames.ts";
import {
  checksum6,
  frame6,
  group6,
  icmp6,
  ip6,
  ip6Text,
  ipv6,
  plain6,
  readIpv6,
  solicited6,
  udp6,
} from "../../../../tools/frames6.ts";

test("without configuration there is no IPv6", async () => {
  const bench = await machine6("net.address=10.0.2.15/24\n");
  assert.deepEqual(bench.exchange(), []);
  assert.deepEqual(bench.pass(5000), []);
  const echo = icmp6(PEER6, OUR, 128, 0, bytes(1, 2, 3, 4));
  assert.deepEqual(bench.exchange(toUs(58, echo), solicitation(PEER6, OUR)), []);
});

test("an address is reported, probed for a second, and only then answered for", async () => {
  const bench = await machine6();
  const sent = bench.exchange().map(readIpv6);
  const probed = sent.filter((each) => each.payload[0] === 135);
  assert.deepEqual(
    probed.map((each) => [each.source, each.hopLimit]),
    [
      [plain6("::"), 255],
      [plain6("::"), 255],
    ],
  );
  assert.equal(ip6Text(probed[1]!.payload, 8), plain6(OUR));
  assert.equal(probed[1]!.destination, plain6(solicited6(OUR)));
  const reports = sent.filter((each) => each.payload[0] === 143);
  assert.equal(ip6Text(reports[1]!.payload, 12), plain6(solicited6(OUR)));
  assert.equal(reports[1]!.hopLimit, 1);
  assert.deepEqual(bench.exchange(solicitation(PEER6, OUR)), []);
  bench.pass(1100);
  const [answer] = bench.exchange(solicitation(PEER6, OUR)).map(readIpv6);
  assert.equal(answer!.destination, plain6(PEER6));
  assert.deepEqual(answer!.payload.slice(4), bytes(u32(0x6000_0000), ip6(OUR), link(2, STATION)));
});

test("an address that another has is not used", async () => {
  const body = bytes(u32(0x2000_0000), ip6(OUR), link(2, PEER));
  const said = (source: string) => {
    const payload = icmp6(source, "ff02::1", 136, 0, body);
    const fields = { source, destination: "ff02::1", protocol: 58, hopLimit: 255, payload };
    return frame6(group6("ff02::1"), PEER, fields);
  };
  for (const rival of [said(OUR), said("fe80::7"), solicitation("::", OUR, bytes())]) {
    const bench = await machine6();
    bench.exchange();
    bench.exchange(rival);
    bench.pass(1100);
    assert.deepEqual(bench.exchange(solicitation(PEER6, OUR)), []);
  }
});

test("far destinations go through the router, and datagrams through UDP in both directions", async () => {
  const bench = await settled();
  const socket = bench.kernel.bind(5000) as number;
  bench.exchange(toUs(17, udp6(FAR, OUR, [7, 5000], bytes(1, 2, 3)), FAR));
  assert.equal(bench.kernel.receive(socket, 0, 18, 32, 100), 3);
  assert.deepEqual([...bench.appMemory.slice(0, 18)], [...ip6(FAR), 0, 7]);
  assert.equal(bench.kernel.send(socket, 0, 16, 7, 32, 3), 0);
  const [question] = bench.exchange();
  assert.equal(ip6Text(readIpv6(question!).payload, 8), plain6(ROUTER));
  const linkLocal = readIpv6(question!).source;
  const payload = icmp6(ROUTER, linkLocal, 136, 0, bytes(u32(0x6000_0000), ip6(ROUTER), link(2, PEER)));
  const answer = { source: ROUTER, destination: linkLocal, protocol: 58, hopLimit: 255, payload };
  const [datagram] = bench.exchange(frame6(STATION, PEER, answer));
  assert.deepEqual(readIpv6(datagram!).payload, udp6(OUR, FAR, [5000, 7], bytes(1, 2, 3)));
  const unsummed = udp6(FAR, OUR, [7, 5000], bytes(1));
  unsummed.set([0, 0], 6);
  bench.exchange(toUs(17, unsummed, FAR));
  assert.equal(bench.kernel.receive(socket, 0, 18, 32, 100), -1, "a datagram without a sum (RFC 8200 8.1)");
});

test("a closed port is told, with the datagram, and an open one takes a connection", async () => {
  const bench = await settled();
  bench.exchange(solicitation(PEER6, OUR));
  const datagram = toUs(17, udp6(PEER6, OUR, [9, 9], bytes(1, 2)));
  const [error] = bench.exchange(datagram);
  const { payload } = readIpv6(error!);
  assert.deepEqual([...payload.slice(0, 2)], [1, 4]);
  assert.deepEqual(payload.slice(8), datagram.slice(14));
  bench.kernel.listen(80);
  const syn = bytes(u16(4000), u16(80), u32(77), u32(0), 0x50, 2, u16(1000), u16(0), u16(0));
  syn.set(u16(checksum6(PEER6, OUR, 6, syn)), 16);
  const [answer] = bench.exchange(toUs(6, syn));
  const segment = readIpv6(answer!);
  assert.equal(segment.protocol, 6);
  assert.equal(segment.payload[13]! & 0x12, 0x12);
  assert.equal(read16(segment.payload, 22), 1440, "the longest segment that fits");
});

test("parts are put together, discovery in parts is not believed", async () => {
  const bench = await settled();
  bench.exchange(solicitation(PEER6, OUR));
  const echo = icmp6(PEER6, OUR, 128, 0, bytes(new Array(1000).fill(5)));
  const part = (next: number, id: number, offset: number, more: number, data: Bytes) =>
    toUs(44, bytes(next, 0, u16(offset | more), u32(id), data));
  const parts = [part(58, 1, 0, 1, echo.slice(0, 512)), part(58, 1, 512, 0, echo.slice(512))];
  const [reply] = bench.exchange(...parts);
  assert.deepEqual(readIpv6(reply!).payload, icmp6(OUR, PEER6, 129, 0, bytes(new Array(1000).fill(5))));
  const long = icmp6(PEER6, OUR, 128, 0, bytes(new Array(2000).fill(5)));
  const [cutReply] = bench.exchange(
    part(58, 9, 0, 1, long.slice(0, 1024)),
    part(58, 9, 1024, 0, long.slice(1024)),
  );
  assert.deepEqual(readIpv6(cutReply!).payload, icmp6(OUR, PEER6, 129, 0, bytes(new Array(1456).fill(5))));
  const [atomic] = bench.exchange(part(58, 2, 0, 0, echo));
  assert.equal(readIpv6(atomic!).payload[0], 129);
  const overlapping = [
    parts[0]!,
    part(58, 1, 256, 1, echo.slice(0, 512)),
    part(58, 1, 768, 0, echo.slice(768)),
  ];
  assert.deepEqual(bench.exchange(...overlapping), []);
  const question = icmp6(PEER6, OUR, 135, 0, bytes(u32(0), ip6(OUR), link(1, PEER), new Array(300).fill(0)));
  const cut = [part(58, 3, 0, 1, question.slice(0, 256)), part(58, 3, 256, 0, question.slice(256))];
  assert.deepEqual(bench.exchange(...cut), []);
});

test("extension headers are passed within limits, and what must be understood is dropped", async () => {
  const bench = await settled();
  bench.exchange(solicitation(PEER6, OUR));
  const echo = icmp6(PEER6, OUR, 128, 0, bytes(1, 2, 3, 4));
  const padding = (next: number) => bytes(next, 0, 1, 4, 0, 0, 0, 0);
  const answers = (protocol: number, payload: Bytes) => bench.exchange(toUs(protocol, payload)).length;
  assert.equal(answers(0, bytes(padding(60), padding(58), echo)), 1);
  assert.equal(answers(60, bytes(padding(0), padding(58), echo)), 0, "hop-by-hop not first");
  assert.equal(answers(60, bytes(padding(60), padding(60), padding(60), padding(58), echo)), 1);
  assert.equal(answers(60, bytes(...new Array(4).fill(padding(60)), padding(58), echo)), 0, "too many");
  assert.equal(answers(60, bytes(58, 0, 0xc2, 4, 0, 0, 0, 0, echo)), 0, "an option to understand");
  assert.equal(answers(60, bytes(58, 0, 1, 5, 0, 0, 0, 0, echo)), 0, "an option that does not fit");
  assert.equal(answers(60, bytes(58, 9, 1, 4, 0, 0, 0, 0, echo)), 0, "a header that does not fit");
  assert.equal(answers(43, bytes(58, 0, 0, 1, 0, 0, 0, 0, echo)), 0, "a route to go on");
  assert.equal(answers(43, bytes(58, 0, 4, 0, 0, 0, 0, 0, echo)), 1, "a route at its end");
});

test("what is not ours, from nobody or from afar in disguise is dropped", async () => {
  const bench = await settled();
  bench.exchange(solicitation(PEER6, OUR));
  const echoFrom = (source: string, destination = OUR, to: Bytes = STATION) =>
    frame6(to, PEER, {
      source,
      destination,
      protocol: 58,
      payload: icmp6(source, destination, 128, 0, bytes(1, 2, 3, 4)),
    });
  const far = { source: PEER6, destination: OUR, protocol: 58, hopLimit: 254 };
  assert.deepEqual(
    bench.exchange(
      ...["::", "::1", "ff02::1", OUR, "::ffff:a00:202"].map((source) => echoFrom(source)),
      echoFrom(PEER6, "2001:db8::16"),
      echoFrom(PEER6, "ff02::1", group6("ff02::1")),
      echoFrom(PEER6, OUR, group6("ff02::1")),
      frame6(STATION, PEER, {
        ...far,
        payload: icmp6(PEER6, OUR, 135, 0, bytes(u32(0), ip6(OUR), link(1, PEER))),
      }),
      ethernetOf(ipv6({ ...far, payload: bytes() }).slice(0, 39)),
    ),
    [],
  );
});

const ethernetOf = (packet: Bytes) => bytes(STATION, PEER, 0x86, 0xdd, packet);

/** An advertisement of `fe80::1` with one prefix option. */
function router(
  prefix: string,
  options: { lifetime?: number; valid?: number; hopLimit?: number } = {},
): Bytes {
  const { lifetime = 1800, valid = 3600, hopLimit = 255 } = options;
  const prefixOption = bytes(3, 4, 64, 0xc0, u32(valid), u32(valid / 2), u32(0), ip6(prefix));
  const body = bytes(64, 0, u16(lifetime), u32(0), u32(0), link(1, PEER), prefixOption);
  const payload = icmp6(ROUTER, "ff02::1", 134, 0, body);
  return frame6(group6("ff02::1"), PEER, {
    source: ROUTER,
    destination: "ff02::1",
    protocol: 58,
    hopLimit,
    payload,
  });
}

test("with auto, a router is asked for, and its prefix gives an address that tells nothing", async () => {
  const bench = await machine6("net.address6=auto\n");
  bench.exchange();
  const asked = bench.pass(1100).map(readIpv6);
  assert.deepEqual(
    asked.map((each) => [each.payload[0], each.destination]),
    [[133, plain6("ff02::2")]],
  );
  assert.match(asked[0]!.source, /^fe80:0:0:0:/);
  assert.equal(bench.pass(4100).filter(isType(133)).length, 1, "asked again");
  const [, probe] = bench.exchange(router("2001:db8:1::")).map(readIpv6);
  const address = ip6Text(probe!.payload, 8);
  assert.match(address, /^2001:db8:1:0:/);
  assert.doesNotMatch(address, /ff:fe/, "not the hardware address");
  assert.deepEqual(bench.pass(5000), [], "the router is known");
  const destination = address;
  const echo = {
    source: FAR,
    destination,
    protocol: 58,
    payload: icmp6(FAR, destination, 128, 0, bytes(1, 2, 3, 4)),
  };
  const [reply] = bench.exchange(frame6(STATION, PEER, echo));
  assert.deepEqual(reply!.slice(0, 6), PEER, "by the router");
  bench.exchange(router("2001:db8:1::", { lifetime: 0 }));
  assert.deepEqual(bench.exchange(frame6(STATION, PEER, echo)), [], "a router no more");
});

test("a forged end of an address takes two hours, routers from afar and static machines do not listen", async () => {
  const bench = await machine6("net.address6=auto\n");
  bench.exchange();
  bench.pass(1100);
  assert.deepEqual(bench.exchange(router("2001:db8:1::", { hopLimit: 64 })), []);
  const address = ip6Text(
    readIpv6(bench.exchange(router("2001:db8:1::", { valid: 100_000 }))[1]!).payload,
    8,
  );
  bench.pass(1100);
  bench.exchange(router("2001:db8:1::", { valid: 0 }));
  const answers = () => bench.exchange(solicitation(ROUTER, address)).length;
  assert.equal(answers(), 1);
  bench.pass(7_100_000);
  assert.equal(answers(), 1);
  bench.pass(200_000);
  assert.equal(answers(), 0);
  const fixed = await settled();
  assert.deepEqual(fixed.exchange(router("2001:db8:1::")), []);
});

test("addresses are read as people write them", async () => {
  const bench = await machine6();
  const at = 60_000;
  const read = (text: string, network = false) => {
    new Uint8Array(bench.kernel.memory.buffer).set(new TextEncoder().encode(text), at);
    const parse = network ? bench.kernel.parseIpv6Network : bench.kernel.parseIpv6Text;
    if (!parse(at, text.length)) return undefined;
    const halves = [bench.kernel.textHigh.value, bench.kernel.textLow.value] as bigint[];
    return halves.map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, "0")).join("");
  };
  for (const text of [
    "::",
    "::1",
    "1::",
    "2001:db8::15",
    "1:2:3:4:5:6:7:8",
    "fe80::A:b",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
  ]) {
    assert.equal(read(text), Buffer.from(ip6(text)).toString("hex"), text);
  }
  assert.equal(read("::ffff:10.0.2.15"), "00000000000000000000ffff0a00020f");
  const wrong = [
    "",
    ":",
    "1",
    "1:",
    ":1",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "g::",
    "1:2:3:4:5:6:7:8::",
  ];
  for (const text of [...wrong, "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0"]) {
    assert.equal(read(text), undefined, text);
  }
  assert.equal(read("2001:db8::/32", true), "20010db8" + "0".repeat(24));
  for (const text of ["2001:db8::", "2001:db8::/", "2001:db8::/129", "2001:db8::/064", "/64"]) {
    assert.equal(read(text, true), undefined, text);
  }
  await assert.rejects(machine6("net.address6=10.0.2.15/24\n"), /net\.address6/);
});
