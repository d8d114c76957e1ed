/** What a server may answer to a client that asks for a WebSocket, and whether it is one then. */
import test from "node:test";
import assert from "node:assert/strict";
import { SocketBench } from "../../../../tools/socket-bench.ts";
import { acceptanceOf } from "../../../../tools/websocket-peer.ts";

/** `@` is the proof that the client's key asks for. */
const PROOF = "Sec-WebSocket-Accept: @";
const UPGRADE = "Upgrade: websocket";
const CONNECTION = "Connection: Upgrade";
const OTHER = `Sec-WebSocket-Accept: ${acceptanceOf("other")}`;

type Case = readonly [name: string, isGood: boolean, ...fields: string[]];

/** RFC 6455 section 4.1. */
const CASES: readonly Case[] = [
  ["what was asked for", true, UPGRADE, CONNECTION, PROOF],
  ["in another order and other letters", true, PROOF, "CONNECTION: upgrade", "upgrade: WebSocket"],
  ["more options", true, UPGRADE, "Connection: keep-alive, Upgrade", PROOF],
  ["no upgrade", false, CONNECTION, PROOF],
  ["another protocol", false, "Upgrade: h2c", CONNECTION, PROOF],
  ["another protocol too", false, "Upgrade: websocket, h2c", CONNECTION, PROOF],
  ["another protocol before", false, "Upgrade: h2c", UPGRADE, CONNECTION, PROOF],
  ["no such option", false, UPGRADE, "Connection: keep-alive", PROOF],
  ["no proof", false, UPGRADE, CONNECTION],
  ["another key's proof", false, UPGRADE, CONNECTION, OTHER],
  ["another key's proof before", false, UPGRADE, CONNECTION, OTHER, PROOF],
  ["another key's proof behind", false, UPGRADE, CONNECTION, PROOF, OTHER],
  ["a proof that goes on", false, UPGRADE, CONNECTION, `${PROOF}=`],
  ["an extension", false, UPGRADE, CONNECTION, PROOF, "Sec-WebSocket-Extensions: permessage-deflate"],
];

test("only an answer that shows what RFC 6455 asks for makes a socket", async () => {
  const bench = await SocketBench.start();
  for (const [name, isGood, ...fields] of CASES) {
    const said: string[] = [];
    bench.app = {
      head: (id) => void said.push((bench.kernel["adopt"](id, 0) as number) > 0 ? "a socket" : "none"),
      failed: () => void said.push(bench.entered.at(-1)!.split(" ")[2]!),
    };
    bench.ask();
    const { server } = bench;
    const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(server.take())![1]!;
    const head = ["HTTP/1.1 101 Switching Protocols", ...fields, "", ""].join("\r\n");
    server.send(head.replace("@", acceptanceOf(key)));
    bench.settle();
    assert.deepEqual(said, [isGood ? "a socket" : "Malformed"], name);
    server.finish();
    if (!server.closed) server.close();
    bench.settle();
    bench.forget();
    bench.servers.length = 0;
    bench.entered.length = 0;
    assert.deepEqual(bench.sockets(), { sockets: 0, connections: 0 }, name);
    assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, exchanges: 0 }, name);
  }
});
