/** http.request and http.get of Node's, in every way of use that the app has a path for. */
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { AskingMachine } from "./asking-machine.ts";

interface Answer {
  readonly told: readonly string[];
  readonly statusCode?: number;
  readonly statusMessage?: string;
  readonly type?: string;
  readonly body?: string | number;
  readonly error?: string;
  readonly message?: string;
}

let machine: AskingMachine;

before(async () => {
  machine = await AskingMachine.start("asking.ts");
});

after(async () => {
  await machine.stop();
  assert.match(machine.errors, /^network: outbound tcp:10\.0\.2\.2:9 refused: [^\n]*\n$/);
});

async function ask(way: string): Promise<Answer> {
  return (await (await machine.ask(way)).json()) as Answer;
}

test("what is asked arrives with its method, headers and body, and the answer comes back", async () => {
  const got = await ask("get");
  assert.deepEqual([got.statusCode, got.statusMessage, got.type], [200, "OK", "application/json"]);
  const seen = JSON.parse(got.body as string) as { method: string; url: string; headers: object };
  assert.deepEqual([seen.method, seen.url], ["GET", "/echo?a=b"]);
  const headers = seen.headers as Record<string, string>;
  assert.equal(headers["x-one"], "1");
  // Whom it goes to is what the address says, and nobody else.
  assert.equal(headers["host"], machine.upstream.url.slice("http://".length));
  assert.equal((await ask("options")).body, '{"name":"x"}');
});

test("a body that is given whole has its length, one in pieces goes as it is written", async () => {
  const bodyOf = async (way: string) => {
    const answer = await ask(way);
    assert.deepEqual(answer.told, ["finish"]);
    return JSON.parse(answer.body as string) as { method: string; body: string; headers: object };
  };
  const whole = await bodyOf("text");
  assert.deepEqual([whole.method, whole.body], ["POST", "sent whole"]);
  assert.equal((whole.headers as Record<string, string>)["content-length"], "10");
  const pieces = await bodyOf("pieces");
  assert.deepEqual([pieces.method, pieces.body], ["PUT", "first second"]);
  assert.equal((pieces.headers as Record<string, string>)["transfer-encoding"], "chunked");
});

test("a large body waits for the server, and a large answer for the app", async () => {
  const drained = (await ask("drain")) as Answer & { waited: boolean };
  assert.equal(drained.waited, true);
  assert.ok((drained.body as number) > 600_000);
  assert.equal((await ask("large")).body, 1_000_000);
});

test("a redirect is the app's to follow", async () => {
  assert.equal((await ask("redirect")).statusCode, 302);
});

test("what fails is an error with Node's code", async () => {
  assert.deepEqual((await ask("cut")).error, "ECONNRESET");
  const refused = await ask("refused");
  assert.equal(refused.error, "EACCES");
  assert.match(refused.message!, /allow it with --allow 10\.0\.2\.2:9/);
  assert.deepEqual(await ask("destroyed"), { error: "ECONNRESET", message: "socket hang up" });
  assert.equal((await ask("timeout")).message, "too slow");
});
