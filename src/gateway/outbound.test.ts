import test from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { parseIpv4, parseIpv6 } from "./address.ts";
import { Grants, parseGrant } from "./grant.ts";
import { Blocks } from "./blocks.ts";
import { Border, Outbound } from "./outbound.ts";
import type { Stream } from "./stack.ts";
import { Turns } from "./turns.ts";

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

test("destinations that say nothing are forgotten, longest first, before they crowd out one that answers", () => {
  const sockets: net.Socket[] = [];
  const words: string[] = [];
  const streamOf = (name: string): Stream => {
    const word = (text: string) => () => void words.push(`${text} ${name}`);
    return { answer: word("answer"), refuse: word("refuse"), abort: word("abort") } as unknown as Stream;
  };
  const connect = (() => sockets[sockets.push(new net.Socket()) - 1]!) as unknown as typeof net.connect;
  const turns = new Turns(
    () => {},
    () => 0n,
    () => 0n,
  );
  turns.stop();
  const outbound = new Outbound({ unreachable: () => {} }, turns, new Blocks(), connect);
  const ask = (name: string) => outbound.open(streamOf(name), at("192.0.2.1", 80), new Uint8Array(0));
  for (let count = 0; count < 256; count++) ask(`${count}`);
  assert.deepEqual(words, []);
  sockets[0]!.emit("connect");
  ask("256");
  assert.deepEqual(words, ["answer 0"], "one that answered needs no place");
  ask("257");
  ask("258");
  assert.deepEqual(words.slice(1), ["abort 1", "abort 2"]);
  assert.deepEqual(
    [sockets[0]!.destroyed, sockets[1]!.destroyed, sockets[3]!.destroyed],
    [false, true, false],
  );
  outbound.stop();
});
