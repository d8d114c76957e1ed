/** fetch from inside an image, against a server on the host: what it sends, what it gives, how it fails. */
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { AskingMachine } from "./asking-machine.ts";

let machine: AskingMachine;

before(async () => {
  machine = await AskingMachine.start("fetching.ts");
});

after(async () => {
  await machine.stop();
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function run(name: string): Promise<any> {
  const response = await machine.ask(name);
  const text = await response.text();
  assert.equal(response.status, 200, `${text}\n${machine.errors}`);
  return JSON.parse(text);
}

test("a request arrives as it was meant, and its response says where it came from", async () => {
  const { seen, ...rest } = await run("plain");
  assert.deepEqual(rest, {
    ok: true,
    status: 200,
    statusText: "OK",
    url: `${machine.upstream.url}/echo?x=1`,
    redirected: false,
    type: "default",
    bodyUsed: false,
    after: true,
  });
  assert.deepEqual(seen.headers, {
    host: machine.upstream.url.slice("http://".length),
    "x-one": "a",
    accept: "*/*",
    "user-agent": "Skerry",
  });
});

test("bodies of every kind arrive, with their type and length", async () => {
  const text = "text/plain;charset=UTF-8";
  assert.deepEqual(await run("bodies"), [
    ["POST", 4, text, "5"],
    ["PUT", 3, null, "3"],
    ["PATCH", 5, "application/x-www-form-urlencoded;charset=UTF-8", "5"],
    ["POST", 290_000, null, null],
  ]);
});

test("redirects are followed as the standard says", async () => {
  const got = await run("redirects");
  assert.deepEqual(got.get, ["/echo", true, "GET", "", null]);
  assert.deepEqual(got.post302, ["/echo", true, "GET", "", null]);
  assert.deepEqual(got.post303, ["/echo", true, "GET", "", null]);
  assert.deepEqual(got.post307, ["/echo", true, "POST", "x", "text/plain;charset=UTF-8"]);
  assert.deepEqual(got.manual, [302, "/echo"]);
  assert.match(got.error, /^TypeError: fetch failed: .* redirects$/);
  assert.match(got.stream, /^TypeError: fetch failed: a redirect asks again for a body that is gone$/);
  assert.match(got.loop, /^TypeError: fetch failed: too many redirects$/);
});

test("what fails says why", async () => {
  const got = await run("failures");
  assert.match(got.https, /^TypeError: fetch failed: https is not there yet/);
  assert.match(got.scheme, /^TypeError: fetch failed: the scheme "ftp:" is not supported/);
  assert.match(got.url, /^TypeError/);
  assert.match(got.method, /^TypeError: CONNECT is no method/);
  assert.match(got.header, /^TypeError/);
  assert.match(got.garbage, /^TypeError: fetch failed: 10\.0\.2\.2:\d+: the response is not HTTP/);
  assert.match(got.cut, /^TypeError: fetch failed: .* ended within the response$/);
  assert.match(got.early, /^AbortError/);
  assert.match(got.slow, /^TimeoutError/);
  assert.match(got.slowBody, /^TimeoutError/);
});

test("responses are streamed, cut short, cloned", async () => {
  assert.deepEqual(await run("streams"), [1_000_000, "1000000", "", true]);
});

test("a hundred requests at once share the streams of one host", async () => {
  const before = machine.upstream.connections();
  assert.equal(await run("many"), true);
  assert.ok(machine.upstream.connections() - before <= 32);
});
