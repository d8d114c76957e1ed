/**
 * The guest's rules and the gateway's, written twice on purpose, side by side: what one opens the other opens.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { createBench, serviceRoot } from "../../../../tools/network-bench.ts";
import { randomFrom } from "../../../../fuzz/target.ts";
import { highHalf, lowHalf, parseIpv4, parseIpv6 } from "../../../gateway/address.ts";
import { Grants, parseGrant } from "../../../gateway/grant.ts";

const EXTRA = `
import { mayReach, mayResolve } from "../policy/border";
import { emitName } from "../wire/dns-name";
const place: usize = memory.data(4096, 16);
export function textPlace(): usize { return place; }
export function reach(protocol: u32, address: u32, port: u32): bool {
  return mayReach(<u8>protocol, 0, 0xffff_0000_0000 | <u64>address, <u16>port);
}
export function reach6(protocol: u32, high: u64, low: u64, port: u32): bool {
  return mayReach(<u8>protocol, high, low, <u16>port);
}
export function resolve(length: u32): bool {
  const name = memory.data(256, 16);
  return emitName(name, place, length) != 0 && mayResolve(name, place, length);
}
`;

const MACHINES = 60;
const QUESTIONS = 200;
const ADDRESSES = [
  ...["10.0.2.2", "10.0.2.15", "192.0.2.7", "192.0.2.200", "198.51.100.1", "127.0.0.1", "169.254.169.254"],
  ...[
    "0.0.0.0",
    "0.1.2.3",
    "128.0.0.1",
    "100.100.100.200",
    "100.100.100.201",
    "168.63.129.16",
    "192.0.0.192",
  ],
];
const ADDRESSES6 = [
  ...["fd53:4b00::2", "2001:db8::1", "2001:db8:1::1", "fe80::1", "ff02::1", "::1", "::", "fd00:ec2::254"],
  ...["fd20:ce::254", "64:ff9b::7f00:1", "64:ff9b::c000:207", "2002:a9fe:a9fe::1", "2002:c000:207::1"],
  ...["2002:6464:64c8::1", "2002:a83f:8110::1", "2002:c000:c0::1", "2002:e000:1::1", "2002:dfff:1::1"],
  ...["::ffff:0:7f00:1", "64:ff9b:1:7f00::1", "64:ff9b:2::1", "2001:0:7f00:1::1", "2001:1::1"],
  ...["fd00:42::42", "fd00:a9fe:a9fe::1", "fd00:c1::a9fe:a9fe", "fd00:100::100:200"],
  ...["fd00:42::43", "fd00:ec2::23", "fd00:ec3::254"],
];
const NAMES = [
  "example.com",
  "a.example.com",
  "b.a.example.com",
  "example.org",
  "xexample.com",
  "EXAMPLE.com.",
];
const PORTS = [1, 53, 79, 80, 81, 443, 8000, 65535];

test("guest and gateway agree about what grants open", async () => {
  const random = randomFrom(2026);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const host = () => {
    const kind = random(7);
    if (kind > 4)
      return `[${pick(ADDRESSES6)}${pick(["", "/0", "/10", "/16", "/32", "/96", "/104", "/127", "/128"])}]`;
    if (kind === 0) return "*";
    if (kind === 1) return pick(["*.", ""]) + pick(NAMES).replace(/\.$/, "");
    return kind === 2
      ? pick(ADDRESSES)
      : `${pick(ADDRESSES)}/${pick([0, 1, 7, 8, 9, 15, 16, 17, 24, 31, 32])}`;
  };
  const ports = () => pick(["*", "80", "79-81", "443", "1-65535", "53"]);
  let opened = 0;
  let opened6 = 0;
  for (let machine = 0; machine < MACHINES; machine++) {
    const texts = Array.from(
      { length: random(4) },
      () => `${pick(["", "tcp:", "udp:"])}${host()}:${ports()}`,
    );
    const gateway = new Grants(texts.map(parseGrant));
    const { kernel } = await createBench({
      name: "net/policy/agreement.harness.ts",
      source: serviceRoot(["ip"], EXTRA),
      configuration: texts.map((text) => `net.allow=${text}\n`).join(""),
    });
    for (let question = 0; question < QUESTIONS; question++) {
      const [protocol, address, port] = [pick(["tcp", "udp"] as const), pick(ADDRESSES), pick(PORTS)];
      const number = parseIpv4(address)!;
      const expected = gateway.permits(protocol, number, port);
      if (expected) opened++;
      const said = `${protocol} ${address} ${port} under ${texts.join(" ")}`;
      assert.equal(kernel["reach"](protocol === "tcp" ? 6 : 17, number, port) === 1, expected, said);
    }
    for (let question = 0; question < QUESTIONS; question++) {
      const [protocol, text, port] = [pick(["tcp", "udp"] as const), pick(ADDRESSES6), pick(PORTS)];
      const address = parseIpv6(text)!;
      const expected = gateway.permits(protocol, address, port);
      if (expected) opened6++;
      const [high, low] = [highHalf(address), lowHalf(address)];
      const said = `${protocol} ${text} ${port} under ${texts.join(" ")}`;
      assert.equal(kernel["reach6"](protocol === "tcp" ? 6 : 17, high, low, port) === 1, expected, said);
    }
    for (const name of NAMES) {
      new Uint8Array(kernel.memory.buffer).set(new TextEncoder().encode(name), kernel["textPlace"]());
      assert.equal(
        kernel["resolve"](name.length) === 1,
        gateway.permitsName(name),
        `${name}: ${texts.join(" ")}`,
      );
    }
  }
  assert.ok(opened > 300 && opened6 > 300, `the control: grants do open, ${opened} and ${opened6} times`);
});
