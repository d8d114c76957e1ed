/** WebSockets as an app has them: WebSocketPair, events, binary and text, closing, what a client may do wrong. */
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildImage } from "../../src/image/image.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import type { Machine } from "../../src/targets/target.ts";
import { close, FINAL, frame, HANDSHAKE, text } from "../../tools/websocket-peer.ts";
import { ROOT } from "./skerry.ts";
import { WebSocketClient } from "./websocket-client.ts";

let machine: Machine;
let url = "";
let errors = "";

before(async () => {
  const image = await buildImage(path.join(ROOT, "tests/apps/sockets.ts"));
  assert.ok(image.manifest.services.includes("websocket"));
  machine = await nodeTarget.start(image, {
    forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
    environment: {},
    outbound: [],
    onConsole: (stream, said) => void (stream === 2 && (errors += said)),
  });
  url = `http://127.0.0.1:${machine.forwards[0]!.hostPort}`;
});

after(() => machine.stop());

const open = (name: string): Promise<WebSocketClient> =>
  WebSocketClient.open(url, HANDSHAKE.replace("/chat", name));

async function log(): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    // Each answer holds what came since the last.
    lines.push(...((await (await fetch(`${url}/log`)).json()) as string[]));
    if (lines.some((line) => line.startsWith("close"))) return lines;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("text and bytes come and go, of any size", async () => {
  const client = await open("/echo");
  assert.match(client.answer, /^HTTP\/1\.1 101 Switching Protocols\r\n.*sec-websocket-protocol: chat\r\n/is);
  client.send(
    text("h\u00e9llo"),
    frame(FINAL | 2, "\0\xff"),
    frame(1, "in "),
    frame(FINAL, "two"),
    frame(FINAL | 9, "ping"),
  );
  const answers = await client.next(4);
  assert.deepEqual(answers.sort(), ["10:ping", "1:h\xc3\xa9llo", "1:in two", "2:\0\xff"]);
  const large = "y".repeat(60_000);
  client.send(frame(FINAL | 2, large));
  assert.deepEqual(await client.next(1), [`2:${large}`]);
  client.send(close(1000, "done"));
  assert.deepEqual(await client.next(1), ["close 1000"]);
  await client.ended();
  assert.deepEqual(await log(), ["close 1000 done true"]);
});

test("what a message is depends on its kind", async () => {
  const client = await open("/kinds");
  client.send(text("a"));
  assert.deepEqual(await client.next(1), ["1:[object String] 1"]);
  client.send(frame(FINAL | 2, "a"));
  assert.deepEqual(await client.next(1), ["1:[object ArrayBuffer] 1"]);
  client.destroy();
  assert.deepEqual(await log(), ["close 1006  false"]);
});

test("a large message leaves in pieces, the farewell after it", async () => {
  const client = await open("/large");
  const frames = await client.next(6);
  assert.equal(frames.pop(), "close 4001 that was all");
  assert.deepEqual(
    frames.map((one) => one.slice(0, one.indexOf(":"))),
    ["1+", "0+", "0+", "0+", "0"],
  );
  assert.equal(frames.map((one) => one.slice(one.indexOf(":") + 1)).join(""), "x".repeat(300_000));
  client.send(close(4001));
  await client.ended();
  const lines = await log();
  assert.equal(lines[1], "state 2");
  assert.equal(lines.at(-1), "close 4001  true");
});

test("a client that breaks the protocol is told so, and the app hears of it", async () => {
  const client = await open("/echo");
  client.send(frame(FINAL | 1, "\xff"));
  assert.deepEqual(await client.next(1), ["close 1007"]);
  await client.ended();
  assert.deepEqual(await log(), ["error The peer broke the protocol and was told 1007", "close 1006  false"]);
});

test("a listener that throws is reported, and the socket lives", async () => {
  const client = await open("/throws");
  client.send(text("a"), frame(FINAL | 9, "alive"));
  assert.deepEqual(await client.next(1), ["10:alive"]);
  assert.match(errors, /Error: in a listener/);
  errors = "";
  client.destroy();
  await log();
});

test("a request that asks for no WebSocket is told to, and one that was not accepted is the app's error", async () => {
  const plain = await fetch(`${url}/echo`);
  assert.equal(plain.status, 426);
  assert.equal(plain.headers.get("sec-websocket-version"), "13");
  const other = await WebSocketClient.open(url, HANDSHAKE.replace("Version: 13", "Version: 7"));
  assert.match(other.answer, /^HTTP\/1\.1 426 /);
  other.destroy();
  const unaccepted = await open("/unaccepted");
  assert.match(unaccepted.answer, /^HTTP\/1\.1 500 /);
  unaccepted.destroy();
  assert.match(errors, /accept\(\) the pair's second WebSocket/);
});
