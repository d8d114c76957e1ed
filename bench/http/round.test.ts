/** The benchmark of HTTP still works: one short turn, at a low rate, with real servers. No figure of time is looked at. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { compileC } from "../network/c-program.ts";
import { whyNoNamespaces } from "../network/namespace.ts";
import { applyLoad, type Load } from "./client.ts";
import { measure } from "./measure.ts";
import { BASE, C_SERVER, SERVERS } from "./servers.ts";

const PER_SECOND = 2000;
const TURNS_LIMIT = 5;
const LOAD = {
  path: "/",
  perSecond: PER_SECOND,
  connections: 4,
  warmUpMs: 0,
  countedMs: 200,
  napUs: 300,
} as const;

async function answering(status: number, body: string, use: (load: Load) => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => {
    response.statusCode = status;
    response.setHeader("content-length", body.length);
    response.end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { address, port } = server.address() as AddressInfo;
  try {
    await use({ ...LOAD, address, port });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const same = (words: readonly string[]): readonly string[] => words;

test("the client counts what was answered, and runs a command beside", async () => {
  await answering(200, "hello, world\n", async (load) => {
    const { answers, beside } = await applyLoad(compileC("http/client.c"), load, same, [
      "/bin/echo",
      "counting",
    ]);
    assert.ok(answers.answered > 0 && answers.answered <= PER_SECOND, JSON.stringify(answers));
    assert.equal(answers.failed, 0);
    assert.ok(answers.p50Us > 0 && answers.p99Us >= answers.p50Us);
    assert.equal(beside, "counting");
  });
});

test("an answer that is not 200 is a failure and nothing else", async () => {
  await answering(500, "sorry", async (load) => {
    const { answers } = await applyLoad(compileC("http/client.c"), load, same);
    assert.equal(answers.answered, 0);
    assert.equal(answers.failed, LOAD.connections);
  });
});

test("a server that is not there is an error, not a figure", async () => {
  const load = { ...LOAD, address: "127.0.0.1", port: 1 };
  await assert.rejects(applyLoad(compileC("http/client.c"), load, same), /connect/);
});

test("a rival behind veth and a machine behind TAP have their turn, and are sampled", async (t: TestContext) => {
  const problem = whyNoNamespaces();
  if (problem !== undefined) return t.skip(problem);
  const tools = { client: compileC("http/client.c"), meter: compileC("network/meter.c") };
  for (const name of [C_SERVER, "skerry process, TAP"]) {
    const server = SERVERS["native"]!.find((one) => one.name === name)!;
    let sampledUs = 0;
    // Where others keep the processor busy, no sample of a turn may meet the server.
    for (let turns = 0; turns < TURNS_LIMIT && sampledUs === 0; turns++) {
      const turn = await measure(server, tools, {
        perSecond: PER_SECOND,
        warmUpMs: 100,
        countedMs: 600,
        steer: true,
        napUs: 300,
        port: 80,
      });
      assert.ok(turn.answered > 0 && turn.failed === 0, name);
      const { userUs, kernelUs, softirqUs } = turn.cost;
      sampledUs = userUs + kernelUs + softirqUs;
    }
    assert.ok(sampledUs > 0, name);
  }
});

test("the base of all ratios is in every table", () => {
  for (const servers of Object.values(SERVERS)) assert.ok(servers.some(({ name }) => name === BASE));
});
