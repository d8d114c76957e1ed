/** Every example, run by the command line and asked over HTTP. */
import test from "node:test";
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { ROOT, serve, skerry, type Skerry } from "./skerry.ts";

type Check = (server: Skerry) => Promise<void>;

async function text(server: Skerry, target: string, init?: RequestInit): Promise<string> {
  const response = await fetch(server.url + target, init);
  assert.equal(response.status, 200, target);
  return response.text();
}

const SERVERS: Readonly<Record<string, Check>> = {
  "hello/server.ts": async (server) => {
    assert.equal(await text(server, "/there?x=1"), "hello from /there\n");
  },
  "hono/server.ts": async (server) => {
    assert.equal(await text(server, "/"), "hello from Hono\n");
    assert.equal(await text(server, "/users/42"), '{"id":42}');
    assert.equal(await text(server, "/search?q=a%20b"), "a b");
    const body = JSON.stringify({ deep: [1, { two: "drei €" }] });
    assert.equal(await text(server, "/echo", { method: "POST", body }), body);
    assert.equal((await fetch(`${server.url}/nowhere`)).status, 404);
  },
  "json/server.ts": async (server) => {
    const made = await fetch(`${server.url}/notes`, { method: "POST", body: '{"text":"buy milk"}' });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get("location"), "/notes/1");
    assert.deepEqual(JSON.parse(await text(server, "/notes/1")), { id: 1, text: "buy milk" });
    assert.equal((await fetch(`${server.url}/notes`, { method: "POST", body: "{}" })).status, 422);
    await text(server, "/notes/1", { method: "DELETE" });
    assert.equal((await fetch(`${server.url}/notes/1`)).status, 404);
  },
  "static-text/server.ts": async (server) => {
    const response = await fetch(`${server.url}/why`);
    assert.equal(response.headers.get("cache-control"), "max-age=3600");
    assert.equal(await response.text(), "Nothing lives on it that does not have to.\n");
    assert.equal((await fetch(`${server.url}/nothing`)).status, 404);
  },
  "streaming/server.ts": async (server) => {
    assert.equal(await text(server, "/"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    const body = "abc".repeat(100_000);
    assert.equal(await text(server, "/", { method: "POST", body }), body.toUpperCase());
  },
  "http-native/main.ts": async (server) => {
    assert.equal(await text(server, "/"), "hello, world\n");
  },
};

for (const [entry, check] of Object.entries(SERVERS)) {
  test(`examples/${entry} answers over HTTP`, async () => {
    const server = await serve(`examples/${entry}`);
    try {
      await check(server);
    } finally {
      const { errors } = await server.stop();
      assert.doesNotMatch(errors, /trapped|fault|bug in Skerry/);
    }
  });
}

test("examples/console prints its line and exits with 7", async () => {
  const { status, output } = await skerry("run", "examples/console/main.ts");
  assert.equal(output, "hello from a machine without an operating system\n");
  assert.equal(status, 7);
});

test("every example is run by a test here", () => {
  const tested = new Set([...Object.keys(SERVERS).map((entry) => entry.split("/")[0]), "console"]);
  const folders = readdirSync(path.join(ROOT, "examples")).filter((name) =>
    existsSync(path.join(ROOT, "examples", name)),
  );
  assert.deepEqual(
    folders.filter((name) => !tested.has(name)),
    [],
  );
});
