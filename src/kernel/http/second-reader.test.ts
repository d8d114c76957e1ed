/**
 * Messages that are one byte from good ones, all of them: what the kernel takes is what a second reader takes, and no
 * request whose empty line has come is waited for.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FetchBench } from "../../../tools/fetch-bench.ts";
import { outcomeOf } from "../../../tools/fetch-outcome.ts";
import { HttpBench } from "../../../tools/http-bench.ts";
import { bytesOf, textOf } from "../../../tools/latin.ts";
import { isRequest, readChunks, readResponse } from "./second-reader.harness.ts";

const END = -5;
const CHUNKED = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";

const EVERY = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
/** The first and the last of each kind of byte. */
const TELLING = [..."\0\x01\b\t\n\v\r\x1f !\"#$%',-./0159:;<=@AFGZ[\\]^_`afgz{|}~\x7f\x80\x85\xa0\xff"];
const BYTES = process.env.SKERRY_LONG === undefined ? TELLING : EVERY;

const HEADS = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  'GET /a?b!"$c HTTP/1.0\r\nX: y\r\n\r\n',
  "OPTIONS * HTTP/1.1\r\nHost: a:80\r\n\r\n",
  "\r\nPOST /p HTTP/1.1\r\nhost:[::1]:8080 \r\nContent-Length: 0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \t chunked \r\nExpect: 100-continue\r\n\r\n",
  "GET http://a.b:1/c?d HTTP/1.1\r\nHost: A.B\r\n\r\n",
  "GET https://[1::2]/ HTTP/1.1\r\nHost: [1::2]\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: [1:2:3:4:5:6:1.2.3.4]\r\n\r\n",
  "PUT /x HTTP/1.1\r\nHost: 1.2.3.4:65535\r\nConnection: close\r\nX-Long-Name-Of-Field: a value of more than sixteen bytes\r\n\r\n",
];
const CHUNKS = [
  "5\r\nhello\r\n0\r\n\r\n",
  '1;a\r\nx\r\nA;b=c;d="e\\"f"\r\n0123456789\r\n00\r\n\r\n',
  "2\r\nab\r\n0;x=y\r\nA: b\r\nC:\r\n\r\n",
  "f\r\n0123456789abcde\r\n1\r\n\r\r\n0\r\n\r\n",
];
const RESPONSES = [
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "HTTP/1.0 404 \r\nConnection: keep-alive\r\nContent-Length:1 \r\n\r\nx",
  "HTTP/1.1 204\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\n\r\n",
  "HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n",
  "HTTP/1.1 200 OK\r\nConnection: close, x\r\n\r\nto the end",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
  "HTTP/1.1 103 \r\nLink: a\r\n\r\nHTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 599 A long reason of many words\r\nX-Long-Name-Of-Field: value\r\nContent-Length: 1\r\n\r\nab",
];

/** Cut anywhere; a byte less, another byte, or one more, anywhere. */
function* neighbours(seeds: readonly string[]): Generator<string> {
  for (const seed of seeds) {
    for (let at = 0; at <= seed.length; at++) {
      const [before, after] = [seed.slice(0, at), seed.slice(at)];
      yield before;
      yield before + after.slice(1);
      for (const byte of BYTES) {
        yield before + byte + after;
        yield before + byte + after.slice(1);
      }
    }
  }
}

/** The requests about which the readers differ, and those that are waited for though all of a head has come. */
async function differing(virtualFiles: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const bench = await HttpBench.start({}, 256, virtualFiles);
  const found: string[] = [];
  let taken = 0;
  bench.app.request = (id) => {
    taken++;
    bench.respond(id, 200, "");
  };
  for (const text of neighbours(HEADS)) {
    taken = 0;
    const peer = bench.connect().send(bytesOf(text));
    const isAnswered = peer.take() !== "";
    if (taken > 0 !== isRequest(text)) found.push(text);
    else if (!isAnswered && text.replace(/^(\r\n)+/, "").includes("\r\n\r\n")) found.push(`waits: ${text}`);
    peer.finish().reset();
  }
  return found;
}

test("the kernel takes the requests that a second reader takes", async () => {
  assert.deepEqual(await differing(), []);
});

test("control: a kernel that takes a fragment or any host differs from the second reader", async () => {
  const without = async (file: string, check: string): Promise<string[]> => {
    const source = readFileSync(new URL(file, import.meta.url), "utf8");
    assert.equal(source.split(check).length, 2, check);
    return differing({ [`http/${file}`]: source.replace(check, "") });
  };
  const fragments = await without("characters.ts", " && character != HASH");
  assert.ok(fragments.length > 0 && fragments.every((text) => text.includes("#")));
  const hosts = await without("framing.ts", " || !isAuthority(value, stop)");
  assert.ok(hosts.some((text) => text.includes("Host: a:8a0")));
});

test("the kernel decodes the chunks that a second reader decodes", async () => {
  const bench = await HttpBench.start();
  let content = "";
  let isWhole = false;
  const read = (id: number): void => {
    for (;;) {
      const got = bench.read(id);
      if (typeof got !== "number") content += textOf(got);
      else if (got !== END) return;
      else {
        isWhole = true;
        bench.respond(id, 200, "");
        return;
      }
    }
  };
  bench.app = { request: read, readable: read };
  for (const text of neighbours(CHUNKS)) {
    content = "";
    isWhole = false;
    const peer = bench.connect().send(bytesOf(CHUNKED + text));
    assert.equal(isWhole ? content : undefined, readChunks(text)?.content, JSON.stringify(text));
    peer.finish().reset();
  }
});

test("the client takes the responses that a second reader takes", async () => {
  const bench = await FetchBench.start();
  for (const text of neighbours(RESPONSES)) {
    const outcome = outcomeOf(bench, (server) => server.send(bytesOf(text)));
    const expected = readResponse(text);
    if (expected !== undefined) assert.equal(outcome, expected, JSON.stringify(text));
    else assert.match(outcome, /^(Malformed|Closed|Cut)$/, JSON.stringify(text));
  }
});
