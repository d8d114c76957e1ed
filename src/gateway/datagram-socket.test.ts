import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { parseIpv4 } from "./address.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import { settled } from "./test-joined.ts";

const LOOPBACK = parseIpv4("127.0.0.1")!;

async function server(): Promise<dgram.Socket> {
  const socket = dgram.createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

async function closedPort(): Promise<number> {
  const socket = await server();
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

function open(t: TestContext, port: number) {
  const heard = { answers: [] as number[], failures: [] as (string | undefined)[], broken: 0 };
  const socket = new DatagramSocket(
    { address: LOOPBACK, port },
    {
      answered: (bytes) => heard.answers.push(...bytes),
      failed: (code) => heard.failures.push(code),
      broken: () => heard.broken++,
    },
  );
  let isOpen = true;
  const close = (): void => {
    if (isOpen) socket.close();
    isOpen = false;
  };
  t.after(close);
  return { socket, heard, close };
}

test("what is sent before the socket is connected waits, some of it", async (t) => {
  const other = await server();
  t.after(() => other.close());
  const got: number[] = [];
  other.on("message", (message) => got.push(message[0]!));
  const { socket, heard } = open(t, other.address().port);
  for (let count = 0; count < 40; count++) socket.send(Uint8Array.of(count));
  await settled(() => got.length === 16);
  socket.send(Uint8Array.of(99));
  await settled(() => got.length === 17);
  assert.deepEqual(got, [...new Array(16).keys(), 99]);
  assert.deepEqual(heard.failures, []);
});

test("each failure is told once, whoever of sending and receiving hears of it", async (t) => {
  const { socket, heard } = open(t, await closedPort());
  socket.send(Uint8Array.of(1));
  await settled(() => heard.failures.length === 1);
  // Sent at once, the second one's sending is told of the first one's failure: it goes again, and fails itself.
  socket.send(Uint8Array.of(2));
  socket.send(Uint8Array.of(3));
  await settled(() => heard.failures.length === 3);
  for (let turns = 0; turns < 10; turns++) await turn();
  assert.deepEqual(heard.failures, ["ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED"]);
  assert.equal(heard.broken, 0);
});

test("a socket that is closed while it hears of a failure sends nothing more and harms nobody", async (t) => {
  const port = await closedPort();
  for (const first of [true, false]) {
    const { socket, heard, close } = open(t, port);
    socket.send(Uint8Array.of(1));
    if (!first) {
      await settled(() => heard.failures.length === 1);
      socket.send(Uint8Array.of(2));
      socket.send(Uint8Array.of(3));
    }
    close();
    for (let turns = 0; turns < 20; turns++) await turn();
    assert.ok(heard.failures.length <= 1);
  }
});
