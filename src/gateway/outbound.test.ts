import test from "node:test";
import assert from "node:assert/strict";
import { parseIpv4, parseIpv6 } from "./address.ts";
import { Grants, parseGrant } from "./grant.ts";
import { Border } from "./outbound.ts";

const GUEST = parseIpv4("10.0.2.15")!;
const GATEWAY = parseIpv4("10.0.2.2")!;
const GUEST6 = parseIpv6("fd53:4b00::15")!;
const GATEWAY6 = parseIpv6("fd53:4b00::2")!;
const at = (address: string, port: number) => ({ address: parseIpv4(address)!, port });
const guest = { address: GUEST, port: 50000 };

function border(...grants: string[]) {
  const reports: string[] = [];
  const read = new Grants(grants.map(parseGrant));
  const line = new Border(read, [GUEST, GUEST6], [GATEWAY, GATEWAY6], (message) => reports.push(message));
  return { line, reports, grants: read };
}

test("the gateway's address stands for the host's loopback, under its grants and its own, and no wider one", () => {
  const { line } = border("127.0.0.1:9000", "10.0.2.2:9001");
  assert.deepEqual(line.cross("tcp", guest, at("10.0.2.2", 9000)), at("127.0.0.1", 9000));
  assert.deepEqual(line.cross("tcp", guest, at("10.0.2.2", 9001)), at("127.0.0.1", 9001));
  assert.equal(line.cross("tcp", guest, at("10.0.2.2", 9002)), undefined);
  for (const wide of ["*:*", "10.0.2.0/24:*", "10.0.0.0/8:80", "0.0.0.0/0:*"]) {
    assert.equal(border(wide).line.cross("tcp", guest, at("10.0.2.2", 80)), undefined, wide);
  }
});

test("a granted name leads to no service of the host's own, be it by the gateway's address", () => {
  const { line, grants } = border("api.example.com:80");
  for (const address of [GATEWAY, parseIpv4("127.0.0.1")!]) {
    grants.learn("api.example.com", address, 60);
    assert.equal(line.cross("tcp", guest, { address, port: 80 }), undefined);
  }
  const inner = at("192.168.7.7", 80);
  assert.equal(line.cross("tcp", guest, inner), undefined);
  grants.learn("api.example.com", inner.address, 60);
  assert.deepEqual(line.cross("tcp", guest, inner), inner, "control: elsewhere it leads");
});

test("a forged source goes nowhere, whatever is granted", () => {
  const { line, reports } = border("*:*");
  assert.ok(line.cross("tcp", guest, at("192.0.2.1", 80)));
  assert.equal(line.cross("tcp", at("10.0.2.99", 50000), at("192.0.2.1", 80)), undefined);
  assert.equal(line.cross("udp", at("192.0.2.7", 50000), at("192.0.2.1", 80)), undefined);
  assert.deepEqual(reports.length, 2);
});

test("refusals are reported once each and counted, and a scan cannot fill the table", () => {
  const { line, reports } = border();
  for (let round = 0; round < 3; round++) line.cross("tcp", guest, at("192.0.2.1", 80));
  assert.equal(reports.length, 1);
  assert.equal(line.refusals.get("tcp:192.0.2.1:80"), 3);
  for (let port = 1; port <= 5000; port++) line.cross("tcp", guest, at("192.0.2.2", port));
  assert.ok(line.refusals.size <= 1024 && reports.length <= 1024);
});
