import test from "node:test";
import assert from "node:assert/strict";
import type { networkInterfaces } from "node:os";
import { parseIpv4, parseIpv6 } from "./address.ts";
import { Grants, parseGrant } from "./grant.ts";
import { OwnAddresses } from "./own-addresses.ts";

const [LAN, OTHER, LAN6] = [parseIpv4("192.168.1.5")!, parseIpv4("192.168.1.6")!, parseIpv6("2001:db8::5")!];
const host = (...addresses: string[]) =>
  ({ eth0: addresses.map((address) => ({ address })), eth1: undefined }) as unknown as ReturnType<
    typeof networkInterfaces
  >;

function grantsOf(texts: readonly string[], own: OwnAddresses): Grants {
  return new Grants(texts.map(parseGrant), undefined, own);
}

test("an address of this host's own is opened by a grant of that very address, and no wider one", () => {
  const own = new OwnAddresses(() => host("192.168.1.5", "2001:db8::5", "fe80::1"));
  for (const wide of ["*:*", "192.168.1.0/24:*", "[2001:db8::/32]:*", "0.0.0.0/0:80", "[::/0]:80"]) {
    const grants = grantsOf([wide], own);
    assert.ok(!grants.permits("tcp", LAN, 80) && !grants.permits("tcp", LAN6, 80), wide);
  }
  assert.ok(grantsOf(["*:*"], own).permits("tcp", OTHER, 80), "control: its neighbour's");
  assert.ok(grantsOf(["192.168.1.5:80"], own).permits("tcp", LAN, 80));
  assert.ok(grantsOf(["[2001:db8::5]:80"], own).permits("tcp", LAN6, 80));
});

test("a name that leads to this host opens nothing", () => {
  const own = new OwnAddresses(() => host("192.168.1.5"));
  const grants = grantsOf(["api.example.com:80"], own);
  grants.learn("api.example.com", LAN, 60);
  grants.learn("api.example.com", OTHER, 60);
  assert.deepEqual([grants.permits("tcp", LAN, 80), grants.permits("tcp", OTHER, 80)], [false, true]);
});

test("an address that the host comes to later is guarded a moment later", () => {
  const [clock, addresses] = [{ ms: 0 }, ["10.0.0.1"]];
  let asked = 0;
  const own = new OwnAddresses(
    () => (asked++, host(...addresses)),
    () => clock.ms,
  );
  assert.ok(!own.has(LAN) && own.has(parseIpv4("10.0.0.1")!));
  addresses[0] = "192.168.1.5";
  assert.ok(!own.has(LAN));
  clock.ms = 1000;
  assert.ok(own.has(LAN) && !own.has(parseIpv4("10.0.0.1")!));
  assert.equal(asked, 2);
});
