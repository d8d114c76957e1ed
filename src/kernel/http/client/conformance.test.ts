/** Responses of all kinds, read as the table says however they are cut. */
import test from "node:test";
import assert from "node:assert/strict";
import { FetchBench, type Server } from "../../../../tools/fetch-bench.ts";
import { outcomeOf } from "../../../../tools/fetch-outcome.ts";
import { CASES, HOPELESS } from "./conformance.cases.ts";

async function expectAll(send: (server: Server, raw: string) => void, cases = CASES): Promise<void> {
  const bench = await FetchBench.start();
  for (const [name, raw, expected] of cases) {
    assert.equal(
      outcomeOf(bench, (server) => send(server, raw)),
      expected,
      name,
    );
  }
}

test("responses that come at once are read as the table says", async () => {
  await expectAll((server, raw) => void server.send(raw));
});

test("responses that come byte by byte are read the same", async () => {
  await expectAll((server, raw) => void server.sendByByte(raw));
});

test("a cut at any place changes nothing", async () => {
  const bench = await FetchBench.start();
  for (const [name, raw, expected] of CASES.filter(([, bytes]) => bytes.length < 200)) {
    for (let at = 1; at < raw.length; at++) {
      const outcome = outcomeOf(bench, (server) => server.send(raw.slice(0, at)).send(raw.slice(at)));
      assert.equal(outcome, expected, `${name}, cut at ${at}`);
    }
  }
});

test("what cannot become a response fails with the byte that says so", async () => {
  const bench = await FetchBench.start();
  for (const raw of HOPELESS) {
    bench.app = {};
    bench.entered.length = 0;
    bench.begin("GET http://a/\r\n");
    const { server } = bench;
    server.send(raw.slice(0, -1));
    bench.settle();
    assert.deepEqual(bench.entered, [], `${JSON.stringify(raw)} without its last byte`);
    server.send(raw.slice(-1));
    bench.settle();
    assert.match(bench.entered.join(), /^failed \d+ Malformed$/, JSON.stringify(raw));
    if (!server.closed) server.close();
    bench.servers.length = 0;
  }
  assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, exchanges: 0 });
});

test("HEAD has the length of the body and no body", async () => {
  const bench = await FetchBench.start();
  for (const fields of ["Content-Length: 5", "Transfer-Encoding: chunked"]) {
    const outcome = outcomeOf(bench, (server) => server.send(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`), "HEAD");
    assert.equal(outcome, "200  +");
  }
});
