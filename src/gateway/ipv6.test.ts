/** IPv6 between a guest and its gateway: where a grant leads to it, and nothing of it elsewhere. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import dgram from "node:dgram";
import net, { type AddressInfo } from "node:net";
import { once } from "node:events";
import { CloseReason } from "../abi/status.ts";
import { formatAddress, fromHalves, highHalf, lowHalf, parseIpv4, parseIpv6 } from "./address.ts";
import { GATEWAY_ADDRESS6, GUEST_ADDRESS6, PREFIX_LENGTH6 } from "./gateway.ts";
import { Grants, leadsToIpv6, parseGrant } from "./grant.ts";
import { Names } from "./names.ts";
import { emitResponse, parseQuery, ResponseCode, TYPE_AAAA } from "./dns-message.ts";
import { joined, settled, type Joined } from "./test-joined.ts";

const GATEWAY = parseIpv6(GATEWAY_ADDRESS6)!;
const STRANGER = parseIpv6("2001:db8::1")!;
const WORDS = [
  ["net.address=10.0.2.15/24", "net.gateway=10.0.2.2"],
  [
    `net.address6=${GUEST_ADDRESS6}/${PREFIX_LENGTH6}`,
    `net.gateway6=${GATEWAY_ADDRESS6}`,
    "net.allow=*:*",
    "",
  ],
]
  .flat()
  .join("\n");

async function cable(t: TestContext, ...grants: string[]): Promise<Joined> {
  const both = await joined({ outbound: grants.map(parseGrant) }, WORDS);
  t.after(() => both.stop());
  await settled(() => both.guest.hasIpv6);
  return both;
}

async function echo(t: TestContext): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, "::1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const noLoopback = await new Promise<string | false>((resolve) => {
  const server = net.createServer().on("error", (error) => resolve(`no IPv6 loopback: ${error.message}`));
  server.listen(0, "::1", () => server.close(() => resolve(false)));
});
const options = { skip: noLoopback };

test(
  "the guest reaches the host's IPv6 loopback by the gateway's address, where a grant covers it",
  options,
  async (t) => {
    const port = await echo(t);
    const granted = await cable(t, `[::1]:${port}`);
    const dialled = granted.guest.dial(GATEWAY, port);
    await granted.guest.told("connected", dialled);
    granted.guest.write(dialled, Buffer.from("out and back"));
    granted.guest.shutdown(dialled);
    assert.equal((await granted.guest.told("received", dialled)).bytes.toString(), "out and back");
    assert.equal((await granted.guest.told("closed", dialled)).a, CloseReason.Finished);
    const refused = granted.guest.dial(GATEWAY, port + 1);
    assert.equal((await granted.guest.told("closed", refused)).a, CloseReason.Refused);
    assert.match(
      granted.reports.join(),
      new RegExp(`outbound tcp:\\[::1\\]:${port + 1} refused: no grant covers it`),
    );
  },
);

test("no other address opens by that, and a wide grant opens no loopback", options, async (t) => {
  const port = await echo(t);
  const { guest, reports } = await cable(t, `[2001:db8:1::/48]:*`, "*:*");
  const loopback = guest.dial(GATEWAY, port);
  await guest.told("closed", loopback);
  assert.match(reports.join(), new RegExp(`tcp:\\[::1\\]:${port} refused`));
  const narrow = await cable(t, "[2001:db8:1::/48]:443");
  const stranger = narrow.guest.dial(STRANGER, 443);
  await narrow.guest.told("closed", stranger);
  assert.match(narrow.reports.join(), /tcp:\[2001:db8::1\]:443 refused/);
});

test("datagrams cross, and only the destination answers", options, async (t) => {
  const server = dgram.createSocket("udp6");
  server.bind(0, "::1");
  await once(server, "listening");
  t.after(() => server.close());
  server.on("message", (bytes, from) => server.send(`answer to ${bytes}`, from.port, from.address));
  const { port } = server.address();
  const { guest } = await cable(t, `udp:[::1]:${port}`);
  guest.ask(GATEWAY, port, Buffer.from("a question"));
  assert.equal((await guest.told("answered")).bytes.toString(), "answer to a question");
});

test("without a grant that leads to IPv6 the cable has none", async () => {
  assert.ok(!leadsToIpv6(["*:*", "10.0.0.0/8:80", "example.com:443"].map(parseGrant)));
  assert.ok(leadsToIpv6(["example.com:443", "[2001:db8::/32]:443"].map(parseGrant)));
  const both = await joined({ outbound: [parseGrant("*:*")] }, WORDS);
  await settled(() => both.guest.hasIpv6);
  both.guest.dial(GATEWAY, 80);
  await settled(() => both.gateway.counts.refusals.has("frame IPv6"));
  both.stop();
});

test("guarded addresses need a grant that lies within them", () => {
  const open = (grant: string, address: string): boolean =>
    new Grants([parseGrant(grant)]).permits("tcp", parseIpv6(address)!, 80);
  const guarded = ["::1", "::", "fe80::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254"];
  const inDisguise = [
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "64:ff9b::e000:1",
    ...["2002:6464:64c8::1", "2002:a83f:8110::1", "2002:c000:c0::1", "2002:e000:1::1"],
    ...["::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1:7f00::1", "64:ff9b:1::169.254.169.254"],
    ...["2001:0:7f00:1::1", "fd00:42::42", "fd00:a9fe:a9fe::1", "fd00:c1::a9fe:a9fe"],
    ...["fd00:100::100:200", "fd00:ec2::23"],
  ];
  assert.ok(
    open("*:80", "64:ff9b::192.0.2.1") && open("*:80", "2002:c000:207::1"),
    "others of those are open",
  );
  for (const address of [...guarded, ...inDisguise]) {
    for (const wide of ["*:*", "[::/0]:*"]) assert.ok(!open(wide, address), `${wide} ${address}`);
    assert.ok(open(`[${address}]:80`, address), `control: ${address}`);
  }
  assert.ok(open("*:80", "2001:db8::1") && open("[2001:db8::/32]:80", "2001:db8:ffff::1"));
  assert.ok(!open("[2001:db8::/32]:80", "2001:db9::1") && !open("10.0.0.0/8:80", "2001:db8::1"));
});

test("names are answered with IPv6 addresses, which they then open", async () => {
  const grants = new Grants([parseGrant("api.example.com:443"), parseGrant("[2001:db8::/32]:1")]);
  const resolver = {
    resolve4: async () => [],
    resolve6: async () => [
      { address: "2001:db8::7", ttl: 60 },
      { address: "::1", ttl: 60 },
    ],
  };
  const address = parseIpv6("2001:db8::7")!;
  assert.ok(!grants.permits("tcp", address, 443));
  const answer = await new Names(grants, resolver, true).answer("api.example.com", TYPE_AAAA);
  assert.deepEqual(answer.addresses, [address, 1n]);
  assert.ok(grants.permits("tcp", address, 443) && !grants.permits("tcp", address, 80));
  assert.ok(!grants.permits("tcp", 1n, 443), "none that is guarded");
  const none = await new Names(grants, resolver).answer("api.example.com", TYPE_AAAA);
  assert.deepEqual([none.code, none.addresses], [ResponseCode.Ok, []]);
  const asked = Uint8Array.of(0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, TYPE_AAAA, 0, 1);
  const message = emitResponse(parseQuery(asked)!, ResponseCode.Ok, [address], 60);
  assert.equal(
    Buffer.from(message.subarray(-18)).toString("hex"),
    "0010" + "20010db8000000000000000000000007",
  );
});

test("addresses are read and written as RFC 5952 has it, and halves are put together again", () => {
  for (const text of ["::", "::1", "2001:db8::1", "fe80::1:0:0:2", "1:2:3:4:5:6:7:8"]) {
    assert.equal(formatAddress(parseIpv6(text)!), text);
  }
  assert.equal(parseIpv6("::ffff:1.2.3.4"), 0xffff_0102_0304n);
  for (const text of ["fe80::1%eth0", "1.2.3.4", "", "::1::", "[::1]"])
    assert.equal(parseIpv6(text), undefined);
  for (const address of [0, parseIpv4("255.255.255.255")!, 0n, 1n, STRANGER, (1n << 128n) - 1n]) {
    const [high, low] = [highHalf(address), lowHalf(address)].map((half) => BigInt.asIntN(64, half));
    assert.equal(fromHalves(high!, low!), address);
  }
});
