import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";
import { createBench, serviceRoot } from "../../../../tools/network-bench.ts";
import { bytes, ip } from "../../../../tools/frames.ts";
import { ip6 } from "../../../../tools/frames6.ts";

const [TCP, UDP] = [6, 17];

const EXTRA = `
import { mayReach, mayResolve } from "../policy/border";
import { AnsweredNames, setAnsweredNames } from "../policy/answered";
import { declareGrants } from "../policy/grants";
import { emitName } from "../wire/dns-name";
const place: usize = memory.data(4096, 16);
const wire: usize = memory.data(256, 16);
let answeredHigh: u64 = 0;
let answeredLow: u64 = 0;
class Answered extends AnsweredNames {
  next(after: usize, high: u64, low: u64): usize {
    return after == 0 && answeredLow == low && answeredHigh == high && answeredLow != 0 ? wire : 0;
  }
}
const answered = new Answered();
export function textPlace(): usize { return place; }
export function reach(protocol: u32, high: u64, low: u64, port: u32): bool {
  return mayReach(<u8>protocol, high, low, <u16>port);
}
export function resolve(length: u32): bool {
  const name = memory.data(256, 16);
  return emitName(name, place, length) != 0 && mayResolve(name, place, length);
}
export function answer(length: u32, high: u64, low: u64): void {
  setAnsweredNames(answered);
  emitName(wire, place, length);
  answeredHigh = high;
  answeredLow = low;
}
export function declare(length: u32): void { declareGrants(place, length); }
`;

async function border(grants: readonly string[]) {
  const said: string[] = [];
  const bench = await createBench({
    name: "net/policy/policy.harness.ts",
    source: serviceRoot(["ip"], EXTRA),
    configuration: grants.map((grant) => `net.allow=${grant}\n`).join(""),
    onConsole: (text) => void said.push(text),
  });
  const { kernel } = bench;
  const put = (text: string) => {
    const encoded = new TextEncoder().encode(text);
    new Uint8Array(kernel.memory.buffer).set(encoded, kernel.textPlace());
    return encoded.length;
  };
  return {
    said,
    reach: (protocol: number, address: string, port: number) =>
      kernel.reach(protocol, ...halves(address), port) === 1,
    resolve: (name: string) => kernel.resolve(put(name)) === 1,
    answer: (name: string, address: string) => void kernel.answer(put(name), ...halves(address)),
    declare: (text: string) => void kernel.declare(put(text)),
  };
}

/** As a flow has an address: IPv4 mapped. */
function halves(address: string): [bigint, bigint] {
  const whole = address.includes(":")
    ? Uint8Array.from(ip6(address))
    : bytes(new Array<number>(10).fill(0), 255, 255, ip(address));
  const view = new DataView(whole.buffer);
  return [view.getBigInt64(0), view.getBigInt64(8)];
}

test("without a grant nothing is reached and no name is asked for", async () => {
  const none = await border([]);
  for (const address of ["192.0.2.1", "10.0.2.2", "2001:db8::1", "127.0.0.1"]) {
    for (const protocol of [TCP, UDP]) assert.ok(!none.reach(protocol, address, 443), address);
  }
  assert.ok(!none.resolve("example.com"));
});

test("a grant opens its protocol, network and ports, and no more", async () => {
  const some = await border(["tcp:192.0.2.0/24:443", "198.51.100.7:8000-8001", "udp:[2001:db8::/32]:53"]);
  assert.ok(some.reach(TCP, "192.0.2.200", 443));
  assert.ok(!some.reach(UDP, "192.0.2.200", 443));
  assert.ok(!some.reach(TCP, "192.0.3.200", 443));
  assert.ok(!some.reach(TCP, "192.0.2.200", 444));
  assert.ok(some.reach(UDP, "198.51.100.7", 8001));
  assert.ok(!some.reach(UDP, "198.51.100.7", 8002));
  assert.ok(!some.reach(UDP, "198.51.100.7", 7999));
  assert.ok(some.reach(UDP, "2001:db8:ffff::1", 53));
  assert.ok(!some.reach(TCP, "2001:db8:ffff::1", 53));
  assert.ok(!some.reach(UDP, "2001:db9::1", 53));
});

const GUARDED = [
  ...["0.0.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "100.100.100.200", "168.63.129.16"],
  ...["192.0.0.192", "224.0.0.251", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "ff02::1"],
  ...["fd00:ec2::254", "fd20:ce::254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::"],
  ...[
    "64:ff9b::6464:64c8",
    "64:ff9b::a83f:8110",
    "64:ff9b::c000:c0",
    "64:ff9b::e000:fb",
    "64:ff9b::ffff:ffff",
  ],
  ...["2002::1", "2002:7f00:1::1", "2002:a9fe:a9fe::", "2002:7fff:ffff:1::"],
];

test("hosts, links, groups and metadata services need a grant that lies within them", async () => {
  const all = await border(["*:*"]);
  for (const open of [
    "8.8.8.8",
    "10.1.2.3",
    "2001:db8::1",
    "fd00::1",
    "64:ff9b::808:808",
    "2002:808:808::1",
  ]) {
    assert.ok(all.reach(TCP, open, 80), open);
  }
  for (const guarded of GUARDED) assert.ok(!all.reach(TCP, guarded, 80), guarded);
  const half = await border(["0.0.0.0/1:*", "128.0.0.0/1:*", "[::/1]:*", "[8000::/1]:*"]);
  for (const guarded of GUARDED) assert.ok(!half.reach(TCP, guarded, 80), guarded);
  const written = GUARDED.map((guarded) => (guarded.includes(":") ? `[${guarded}]:80` : `${guarded}:80`));
  const each = await border(written);
  for (const guarded of GUARDED) assert.ok(each.reach(TCP, guarded, 80), guarded);
});

test("a name opens what it was answered with, on its ports; patterns cover labels, not letters", async () => {
  const some = await border(["tcp:API.example.com:443", "*.example.org:80-81"]);
  for (const name of [
    "api.example.com",
    "API.EXAMPLE.COM",
    "api.example.com.",
    "a.example.org",
    "a.b.example.org",
  ]) {
    assert.ok(some.resolve(name), name);
  }
  const others = ["example.com", "x.api.example.com", "example.org", "badexample.org", "api.example.co"];
  for (const name of [...others, "api.example.com.evil", "a.example.orgx", "pi.example.com", "com"]) {
    assert.ok(!some.resolve(name), name);
  }
  assert.ok(!some.reach(TCP, "192.0.2.9", 443));
  some.answer("api.example.com", "192.0.2.9");
  assert.ok(some.reach(TCP, "192.0.2.9", 443));
  assert.ok(!some.reach(UDP, "192.0.2.9", 443), "the other protocol");
  assert.ok(!some.reach(TCP, "192.0.2.9", 80), "another name's port");
  assert.ok(!some.reach(TCP, "192.0.2.8", 443));
  some.answer("x.example.org", "2001:db8::9");
  assert.ok(some.reach(UDP, "2001:db8::9", 81));
  for (const guarded of GUARDED.filter((address) => address !== "::")) {
    some.answer("x.example.org", guarded);
    assert.ok(!some.reach(TCP, guarded, 80), `a name that is said to be at ${guarded}`);
  }
});

test("any name may be asked for where any network may be reached", async () => {
  assert.ok((await border(["udp:*:123"])).resolve("time.example.com"));
  assert.ok(!(await border(["udp:0.0.0.0/0:123"])).resolve("time.example.com"));
});

test("what an image declares is granted beside what it is told", async () => {
  const both = await border(["192.0.2.1:1"]);
  both.declare("192.0.2.2:2\nudp:192.0.2.3:3");
  assert.deepEqual(
    [1, 2, 3, 4].map((number) => both.reach(UDP, `192.0.2.${number}`, number)),
    [true, true, true, false],
  );
});

test("a refusal is told once, with what would allow it; after many nothing more is said", async () => {
  const none = await border([]);
  for (let count = 0; count < 3; count++) {
    none.reach(TCP, "192.0.2.7", 443);
    none.reach(UDP, "2001:db8::10", 53);
    none.resolve("api.example.com");
  }
  assert.deepEqual(none.said, [
    "network: outbound tcp:192.0.2.7:443 refused: no grant covers it (--allow tcp:192.0.2.7:443)\n",
    "network: outbound udp:[2001:db8:0:0:0:0:0:10]:53 refused: no grant covers it" +
      " (--allow udp:[2001:db8:0:0:0:0:0:10]:53)\n",
    "network: the name api.example.com refused: no grant names it (--allow api.example.com:PORTS)\n",
  ]);
  for (let port = 1; port <= 200; port++) none.reach(TCP, "192.0.2.7", port);
  assert.equal(none.said.length, 65);
  assert.equal(none.said.at(-1), "network: more is refused, and told no more\n");
  const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
  const fresh = await border([]);
  fresh.resolve(longest);
  assert.match(fresh.said[0]!, /^network: the name a{63}.*:PORTS\)\n$/);
});

test("a grant that cannot be read ends the machine, and so does one too many", async () => {
  const wrong = [
    ...["", "host", "1.2.3.4", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4/33:80", "1.2.3:80", "a..b:1", "*.:1"],
    ...["h:5-4", "h:*-9", "h:1-", "h:-1", "sctp:h:1", ":80", "tcp::80", "2001:db8::1:80", "[2001:db8::1:80"],
    ...["[]:1", "[::/129]:1", "[1.2.3.4]:1", "1.2.3.4/:80", "h/8:80", "*x:1", "h:80 ", " h:80", "h:1:"],
  ];
  for (const grant of wrong) {
    const machine = await border([grant]);
    assert.throws(() => machine.reach(TCP, "192.0.2.1", 80), /network policy/, grant);
  }
  const many = (count: number) => border(Array.from({ length: count }, (_, port) => `h:${port + 1}`));
  assert.ok(!(await many(64)).reach(TCP, "192.0.2.1", 80));
  await assert.rejects(async () => (await many(65)).reach(TCP, "192.0.2.1", 80), /more than 64/);
});

test("names compare with texts label by label", async () => {
  const module = await assemble(
    "net/policy/name.harness.ts",
    `import { emitName, equalsText } from "../wire/dns-name";
     export const at: usize = memory.data(1024, 16);
     export function same(nameLength: u32, textLength: u32): bool {
       const wire = memory.data(256, 16);
       return emitName(wire, at, nameLength) != 0 && equalsText(wire, at + nameLength, textLength);
     }`,
  );
  const same = (name: string, text: string) => {
    new Uint8Array(module.memory.buffer).set(new TextEncoder().encode(name + text), module["at"].value);
    return module["same"](name.length, text.length) === 1;
  };
  assert.ok(same("a.b", "A.b") && same("a.b", "a.b.") && same("a.b.", "a.b"));
  for (const text of ["", ".", "a", "a.", "a.b..", "a.bc", "ab", "a.b.c", "aXb", ".a.b"]) {
    assert.ok(!same("a.b", text), text);
  }
});
