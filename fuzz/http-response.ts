/**
 * Response fields of any bytes: what the server lets through is whole lines, under one Content-Length of its own.
 */
import assert from "node:assert/strict";
import { HttpBench } from "../tools/http-bench.ts";
import { bytesOf } from "../tools/latin.ts";
import type { FuzzTarget } from "./target.ts";

const LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;
const BODY = "body";

let bench: HttpBench | undefined;

async function run(input: Uint8Array): Promise<void> {
  const server = (bench ??= await HttpBench.start());
  let status = 1;
  server.app = { request: (id) => void (status = server.respond(id, 200, input, BODY)) };
  const peer = server.connect().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const text = peer.take();
  peer.reset();
  server.entered.length = 0;
  assert.deepEqual(server.inUse(), { chunks: 0, connections: 0, longHeads: 0 });
  if (status !== 0) return void assert.equal(text, "");
  const end = text.indexOf("\r\n\r\n");
  const lines = text.slice(0, end).split("\r\n");
  assert.equal(lines.shift(), "HTTP/1.1 200 OK");
  for (const line of lines) assert.match(line, LINE);
  assert.deepEqual(
    lines.filter((line) => /^(content-length|transfer-encoding):/i.test(line)),
    ["Content-Length: 4"],
  );
  assert.equal(text.slice(end + 4), BODY);
}

const SEEDS = [
  "content-type: text/plain\r\nx-a: b\r\n",
  "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n",
  "date: now\r\nset-cookie: a=b; c\r\nset-cookie: d\r\n",
  "a:\r\nb: \t\r\n",
  "a: b\nc: d\r\n",
  "a: b\r\n\r\nHTTP/1.1 200 OK\r\n",
];

export const target: FuzzTarget = { name: "http-response", corpus: SEEDS.map(bytesOf), run };
