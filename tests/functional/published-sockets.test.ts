/** The package `ws`, and what stands on it, as published: an image has our own in its place. */
import test from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { WebSocketServer } from "ws";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { testEverywhere } from "./everywhere.ts";
import { socketIo, sockets } from "./published-sockets.ts";
import { ROOT } from "./skerry.ts";

testEverywhere(
  "tests/apps/published-sockets.ts serves WebSockets beside Express",
  () => buildImage(path.join(ROOT, "tests/apps/published-sockets.ts")),
  sockets,
);

testEverywhere(
  "tests/apps/published-socket-io.ts is Socket.IO by polling and by WebSocket",
  () => buildImage(path.join(ROOT, "tests/apps/published-socket-io.ts")),
  socketIo,
);

/** Who asks is told `closed`, answered with its bytes, refused, or left to wait. */
async function answering(): Promise<{ port: number; heard: string[]; stop: () => void }> {
  const heard: string[] = [];
  const server = createServer();
  const echo = new WebSocketServer({ noServer: true });
  echo.on("connection", (socket, { headers }) => {
    heard.push(`${headers["x-who"]} ${headers.origin}`);
    socket.ping("and you?");
    socket.on("message", (data, binary) => socket.send(data, { binary }));
    socket.on("close", (code, reason) => heard.push(`${code} ${String(reason)}`));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => undefined);
    if (request.url === "/echo")
      echo.handleUpgrade(request, socket, head, (client) => echo.emit("connection", client, request));
    else if (request.url === "/refused") socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    for (const client of echo.clients) client.terminate();
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, heard, stop };
}

const SAID = [
  "WebSocket is not open: readyState 0 (CONNECTING)",
  "open v1 true",
  "ping and you?",
  "pong there?",
  "sent true",
  "message 300000 true",
  "close 1000 bye 3",
  "error Unexpected server response: 403 undefined",
  "close 1006  3",
  "error Opening handshake has timed out undefined",
  "close 1006  3",
  "error wss is not there yet: an image has no TLS; use ws inside your network undefined",
  "close 1006  3",
  "error WebSocket was closed before the connection was established undefined",
  "close 1006  3",
  "SyntaxError Invalid URL: nothing",
  'SyntaxError A WebSocket\'s scheme is ws, not "ftp"',
];

for (const target of [nodeTarget, processTarget])
  test(`a program asks by the package ws: ${target.name}`, async () => {
    const { port, heard, stop } = await answering();
    try {
      const image = await buildImage(path.join(ROOT, "tests/apps/published-socket-client.ts"));
      assert.ok(image.manifest.services.includes("upgrade"));
      const { platform } = target;
      const native = platform === undefined ? {} : { native: await buildNativeImage(image, platform) };
      let said = "";
      const machine = await target.start(
        { ...image, ...native },
        {
          forwards: [],
          environment: { SERVER: `ws://10.0.2.2:${port}` },
          outbound: [`127.0.0.1:${port}`],
          onConsole: (_stream, text) => void (said += text),
        },
      );
      assert.equal(await machine.exited, 0, said);
      // The server's ping and the answer to ours cross.
      assert.deepEqual(said.trimEnd().split("\n").sort(), [...SAID].sort());
      assert.deepEqual(heard, ["us http://a.example", "1000 bye"]);
    } finally {
      stop();
    }
  });
