/** What the outside says of a destination, told to the guest: each frame as a guest sees it. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import dgram from "node:dgram";
import net, { type AddressInfo } from "node:net";
import { once } from "node:events";
import { bytes, u16, type Bytes } from "../../tools/frames.ts";
import { icmp6 } from "../../tools/frames6.ts";
import { GUEST_ADDRESS6 } from "./gateway.ts";
import { parseGrant } from "./grant.ts";
import { outcomeOf } from "./outcome.ts";
import { settled } from "./test-joined.ts";
import { GATEWAY, GATEWAY6, RawGuest, six } from "./test-raw.ts";

const [SYN, RST, ACK] = [2, 4, 16];
/** No host has a way to a link's address that does not say which link. */
const NOWHERE = "fe80::99";

async function guest(t: TestContext, ...grants: string[]): Promise<RawGuest> {
  const raw = await RawGuest.start({ outbound: grants.map(parseGrant) });
  t.after(() => raw.stop());
  await raw.answered();
  return raw;
}

/** A port of this host that nobody listens on. */
async function closedPort(host: string, kind: "udp" | "tcp"): Promise<number> {
  if (kind === "tcp") {
    const server = net.createServer().listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
  }
  const socket = dgram.createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.bind(0, host);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

const noLoopback6 = await closedPort("::1", "tcp").then(
  () => false as const,
  (error: Error) => `no IPv6 loopback: ${error.message}`,
);

/** Type, code, and the word behind the checksum; then what is quoted. */
const read = (payload: Bytes) => ({
  kind: [payload[0], payload[1]],
  rest: [...payload.subarray(4, 8)],
  quoted: Buffer.from(payload.subarray(8)).toString("hex"),
});
const NOTHING = [0, 0, 0, 0];
const hex = (packet: Bytes, length = packet.length) =>
  Buffer.from(packet.subarray(0, length)).toString("hex");

test("a datagram to a port that nobody has is told of in the destination's name, quoting it", async (t) => {
  const port = await closedPort("127.0.0.1", "udp");
  const raw = await guest(t, `udp:127.0.0.1:${port}`);
  const sent = raw.udp({ to: GATEWAY, port });
  const [error, ...more] = await raw.errorsOf(1);
  assert.deepEqual([error!.source, more.length], [GATEWAY, 0]);
  assert.deepEqual(read(error!.payload), { kind: [3, 3], rest: NOTHING, quoted: hex(sent, 28) });
});

test(
  "so it is in IPv6, with as much of it as the smallest path carries",
  { skip: noLoopback6 },
  async (t) => {
    const port = await closedPort("::1", "udp");
    const raw = await guest(t, `udp:[::1]:${port}`);
    for (const [size, quoted] of [
      [3, 51],
      [1400, 1232],
    ] as const) {
      raw.heard.length = 0;
      const sent = raw.udp({ to: GATEWAY6, port }, new Uint8Array(size).fill(7));
      const [error, ...more] = await raw.errorsOf(1);
      assert.deepEqual([error!.source, more.length], [six(GATEWAY6), 0]);
      assert.deepEqual(read(error!.payload), { kind: [1, 4], rest: NOTHING, quoted: hex(sent, quoted) });
    }
  },
);

test("each of many datagrams to a closed port is told of, and a port that opens later is reached", async (t) => {
  const port = await closedPort("127.0.0.1", "udp");
  const raw = await guest(t, `udp:127.0.0.1:${port}`);
  for (let count = 1; count <= 4; count++) {
    raw.udp({ to: GATEWAY, port });
    await raw.errorsOf(count);
  }
  const server = dgram.createSocket("udp4");
  server.bind(port, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  raw.udp({ to: GATEWAY, port }, bytes(42));
  const [message] = (await once(server, "message")) as [Buffer];
  assert.deepEqual([...message], [42]);
});

for (const [to, host] of [
  [GATEWAY, "127.0.0.1"],
  [GATEWAY6, "::1"],
] as const) {
  test(`a stream is answered when it is open on both sides, refused where it is refused: ${to}`, async (t) => {
    if (noLoopback6 !== false && host === "::1") return t.skip(noLoopback6);
    const server = net.createServer().listen(0, host);
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const closed = await closedPort(host, "tcp");
    const written = host === "::1" ? `[${host}]` : host;
    const raw = await guest(t, `tcp:${written}:${port}`, `tcp:${written}:${closed}`);
    raw.tcp({ to, port: closed }, SYN);
    await settled(() => raw.segments.length > 0);
    raw.tcp({ to, port, from: 5001 }, SYN, 9000);
    const [socket] = (await once(server, "connection")) as [net.Socket];
    await settled(() => raw.segments.length > 1);
    await raw.answered();
    const heard = raw.segments.map(({ flags, sourcePort, acknowledgment }) => [
      flags,
      sourcePort,
      acknowledgment,
    ]);
    assert.deepEqual(heard, [
      [RST | ACK, closed, 1001],
      [SYN | ACK, port, 9001],
    ]);
    assert.deepEqual(raw.errors, []);
    socket.destroy();
  });
}

test("what cannot be reached is told of in the gateway's own name, and the stream is neither open nor reset", async (t) => {
  const raw = await guest(t, `[${NOWHERE}]:*`);
  const syn = raw.tcp({ to: NOWHERE, port: 80 }, SYN);
  const [error] = await raw.errorsOf(1);
  assert.equal(error!.source, six(GATEWAY6));
  assert.deepEqual(read(error!.payload), { kind: [1, 0], rest: NOTHING, quoted: hex(syn) });
  const sent = raw.udp({ to: NOWHERE, port: 80 });
  await raw.errorsOf(2);
  assert.deepEqual(read(raw.errors[1]!.payload), { kind: [1, 0], rest: NOTHING, quoted: hex(sent) });
  assert.deepEqual(raw.segments, []);
  await settled(() => raw.gateway.counts.streams === 0);
});

test(
  "what may take no further step goes no further, and its sender is told",
  { skip: noLoopback6 },
  async (t) => {
    const server = dgram.createSocket("udp4");
    server.bind(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address();
    const raw = await guest(t, "192.0.2.0/24:*", "[2001:db8::/32]:*", `127.0.0.1:${port}`);
    const sent = [
      raw.udp({ to: "192.0.2.1", port: 9, hops: 1 }),
      raw.tcp({ to: "192.0.2.1", port: 9, hops: 1 }, SYN),
      raw.udp({ to: "2001:db8::1", port: 9, hops: 1 }),
      raw.tcp({ to: "2001:db8::1", port: 9, hops: 0 }, SYN),
    ];
    const errors = await raw.errorsOf(4);
    for (const [at, error] of errors.entries()) {
      const isSix = at >= 2;
      assert.equal(error.source, isSix ? six(GATEWAY6) : GATEWAY);
      const quoted = hex(sent[at]!, isSix ? undefined : 28);
      assert.deepEqual(read(error.payload), { kind: isSix ? [3, 0] : [11, 0], rest: NOTHING, quoted });
    }
    assert.equal(errors.length, 4);
    assert.deepEqual([raw.segments, raw.gateway.counts.streams], [[], 0]);
    raw.udp({ to: GATEWAY, port, hops: 1 }, bytes(5));
    const [message] = (await once(server, "message")) as [Buffer];
    assert.deepEqual([...message], [5], "the gateway's own address is no step further");
  },
);

test("the gateway answers echo for itself alone, in both versions", async (t) => {
  const raw = await guest(t, "*:*", "[2001:db8::/32]:*");
  const ping = (to: string) =>
    raw.datagram(to, 58, icmp6(GUEST_ADDRESS6, to, 128, 0, bytes(u16(7), u16(1), 1, 2, 3)));
  ping("2001:db8::1");
  ping(GATEWAY6);
  const [reply, ...more] = await raw.errorsOf(1);
  assert.deepEqual([reply!.source, more.length], [six(GATEWAY6), 0]);
  assert.deepEqual([...reply!.payload.subarray(4)], [0, 7, 0, 1, 1, 2, 3]);
  assert.deepEqual([reply!.payload[0], reply!.payload[1]], [129, 0]);
  // `answered` of each test is the same in IPv4.
});

test("errors are few, however many are due", async (t) => {
  const raw = await guest(t, "192.0.2.0/24:*");
  for (let port = 1; port <= 60; port++) raw.udp({ to: "192.0.2.1", port, hops: 1 });
  await raw.answered();
  const count = raw.errors.length;
  assert.ok(count >= 8 && count <= 32, `${count} errors about 60 datagrams`);
});

test("nothing is said about errors, groups, broadcasts, or who is nobody", async (t) => {
  const raw = await guest(t, "*:*", "[2001:db8::/32]:*");
  const dead = bytes(3, 3, 0, 0, 0, 0, 0, 0, 0x45);
  raw.datagram("192.0.2.1", 1, dead, 1);
  raw.datagram("2001:db8::1", 58, icmp6(GUEST_ADDRESS6, "2001:db8::1", 1, 4, bytes(0, 0, 0, 0, 0x60)), 1);
  for (const to of ["10.0.2.255", "255.255.255.255", "224.0.0.1", "239.1.2.3", "ff02::1", "ff0e::9"]) {
    raw.udp({ to, port: 9, hops: 1 });
    raw.tcp({ to, port: 9, hops: 1 }, SYN);
  }
  raw.datagram("192.0.2.1", 17, bytes(0, 1, 0, 2, 0, 8, 0, 0), 1, "0.0.0.0");
  raw.datagram("2001:db8::1", 17, bytes(0, 1, 0, 2, 0, 8, 0, 0), 1, "::");
  await raw.answered();
  assert.deepEqual([raw.errors, raw.segments], [[], []]);
  raw.udp({ to: "192.0.2.1", port: 9, hops: 1 });
  assert.equal((await raw.errorsOf(1)).length, 1, "control: about one that was for one machine it is");
});

test("what a stranger's silence or the host's own want means is silence", () => {
  for (const code of ["ETIMEDOUT", "EMFILE", "ENOBUFS", "EMSGSIZE", undefined])
    assert.equal(outcomeOf(code), undefined);
});
