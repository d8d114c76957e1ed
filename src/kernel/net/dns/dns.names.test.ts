/** Names that are granted, where they may lead, and how they are spelt. */
import test from "node:test";
import assert from "node:assert/strict";
import { bytes, ip, isArp, readUdp, type UdpFields } from "../../../../tools/frames.ts";
import {
  OUR,
  SERVER,
  DENIED,
  machine,
  pointer,
  record,
  a,
  inSmallLetters,
  reply,
} from "./machine.harness.ts";

test("a granted name opens what it was answered with, on its ports, while that is true; others are not asked for", async () => {
  const grants = "net.allow=api.example.com:443\nnet.allow=udp:*.example.org:53\n";
  const { bench, answers, resolve } = await machine(
    `net.address=${OUR}/24\nnet.gateway=10.0.2.2\nnet.dns=${SERVER}\n${grants}`,
  );
  const socket = bench.kernel.bind(7000);
  const sendTo = (address: string, port: number) => {
    bench.appMemory.set(bytes(new Array<number>(10).fill(0), 255, 255, ip(address)), 0);
    return bench.kernel.send(socket, 0, 16, port, 64, 1) as number;
  };
  for (const other of ["www.example.com", "example.org", "example.com"]) {
    assert.equal(resolve(other), DENIED, other);
  }
  assert.deepEqual(bench.exchange(), [], "no question leaves");
  const ask = (text: string, address: string, seconds: number) => {
    assert.ok(resolve(text) >= 0);
    const asked = readUdp(bench.exchange().find((frame) => !isArp(frame))!);
    bench.exchange(reply(asked, [record(pointer(12), 1, bytes(ip(address)), 1, seconds)]));
    assert.deepEqual(answers.pop()!.addresses, [address]);
  };
  assert.equal(sendTo("10.0.2.80", 443), DENIED);
  ask("api.example.com", "10.0.2.80", 60);
  ask("a.example.org", "10.0.2.81", 0);
  assert.deepEqual([sendTo("10.0.2.80", 443), sendTo("10.0.2.81", 53)], [0, 0]);
  assert.deepEqual([sendTo("10.0.2.80", 53), sendTo("10.0.2.81", 443)], [DENIED, DENIED]);
  bench.pass(9_000);
  assert.equal(sendTo("10.0.2.81", 53), 0, "no time at all is time enough to begin");
  bench.pass(2_000);
  assert.equal(sendTo("10.0.2.81", 53), DENIED);
  bench.pass(48_000);
  assert.equal(sendTo("10.0.2.80", 443), 0);
  bench.pass(2_000);
  assert.equal(sendTo("10.0.2.80", 443), DENIED);
  // Rebinding: whoever owns a granted name says where it leads.
  for (const guarded of ["169.254.169.254", "127.0.0.1", "0.0.0.0", "224.0.0.1", "100.100.100.200"]) {
    ask("api.example.com", guarded, 0);
    assert.ok(sendTo(guarded, 443) < 0, guarded); // denied, or no route leads there
  }
  ask("api.example.com", "10.0.2.90", 60);
  assert.equal(sendTo("10.0.2.90", 443), 0, "a private network is where a name may lead");
  assert.equal(sendTo("10.0.2.90", 22), DENIED, "on its ports alone");
});

test("a server that spells names its own way is asked again, in small letters, and then believed", async () => {
  const { bench, answers, resolve } = await machine();
  resolve("WWW.a-long-name-of-many-letters.Example");
  const asked = readUdp(bench.exchange()[0]!);
  const again = bench.exchange(reply(asked, [a(pointer(12), "6.6.6.6")], small(asked)));
  assert.equal(answers.length, 0, "an answer in another spelling is not believed");
  const second = readUdp(again[0]!);
  assert.notEqual(second.sourcePort, asked.sourcePort);
  assert.deepEqual(second.payload, inSmallLetters(second.payload));
  bench.exchange(reply(asked, [a(pointer(12), "6.6.6.6")], small(asked)));
  assert.equal(answers.length, 0, "nor the same once more");
  bench.exchange(reply(second, [a(pointer(12), "1.2.3.4")], small(second)));
  assert.deepEqual(answers[0]!.addresses, ["1.2.3.4"]);
});

const small = (asked: UdpFields) => ({ question: inSmallLetters(asked.payload.slice(12)) });
