/** The examples that are servers, and what each has to answer, wherever it runs. */
import assert from "node:assert/strict";
import { close, FINAL, frame } from "../../tools/websocket-peer.ts";
import { WebSocketClient } from "./websocket-client.ts";

/** Asks what runs there. */
export type Check = (url: string) => Promise<void>;

async function text(url: string, target: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url + target, init);
  assert.equal(response.status, 200, target);
  return response.text();
}

export const EXAMPLE_SERVERS: Readonly<Record<string, Check>> = {
  "hello/server.ts": async (url) => {
    assert.equal(await text(url, "/there?x=1"), "hello from /there\n");
  },
  "hono/server.ts": async (url) => {
    assert.equal(await text(url, "/"), "hello from Hono\n");
    assert.equal(await text(url, "/users/42"), '{"id":42}');
    assert.equal(await text(url, "/search?q=a%20b"), "a b");
    const body = JSON.stringify({ deep: [1, { two: "drei €" }] });
    assert.equal(await text(url, "/echo", { method: "POST", body }), body);
    assert.equal((await fetch(`${url}/nowhere`)).status, 404);
  },
  "json/server.ts": async (url) => {
    const made = await fetch(`${url}/notes`, { method: "POST", body: '{"text":"buy milk"}' });
    assert.equal(made.status, 201);
    assert.equal(made.headers.get("location"), "/notes/1");
    assert.deepEqual(JSON.parse(await text(url, "/notes/1")), { id: 1, text: "buy milk" });
    assert.equal((await fetch(`${url}/notes`, { method: "POST", body: "{}" })).status, 422);
    await text(url, "/notes/1", { method: "DELETE" });
    assert.equal((await fetch(`${url}/notes/1`)).status, 404);
  },
  "static-text/server.ts": async (url) => {
    const response = await fetch(`${url}/why`);
    assert.equal(response.headers.get("cache-control"), "max-age=3600");
    assert.equal(await response.text(), "Nothing lives on it that does not have to.\n");
    assert.equal((await fetch(`${url}/nothing`)).status, 404);
  },
  "streaming/server.ts": async (url) => {
    assert.equal(await text(url, "/"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    const body = "abc".repeat(100_000);
    assert.equal(await text(url, "/", { method: "POST", body }), body.toUpperCase());
  },
  "tenants/server.ts": async (url) => {
    const of = (tenant: string, more: RequestInit = {}) => ({ ...more, headers: { "x-tenant": tenant } });
    const keep = async (tenant: string, body: string) =>
      assert.equal((await fetch(url, of(tenant, { method: "PUT", body }))).status, 201);
    await keep("ann", "return `ann's ${input}, call ${++calls}`");
    await keep("bob", "globalThis.calls = 70; return 'bob ' + ++calls");
    assert.equal(await text(url, "/?input=x", of("ann")), "ann's x, call 1\n");
    assert.equal(await text(url, "/", of("bob")), "bob 71\n");
    assert.equal(await text(url, "/?input=y", of("ann")), "ann's y, call 2\n");
    assert.equal((await fetch(url, of("cid"))).status, 404);
  },
  "websocket/server.ts": async (url) => {
    const [one, two] = [await WebSocketClient.open(url), await WebSocketClient.open(url)];
    assert.equal(await text(url, "/"), "2 in the room; come by WebSocket\n");
    one.send(frame(FINAL | 1, "hello"));
    assert.deepEqual([await one.next(1), await two.next(1)], [["1:hello"], ["1:hello"]]);
    two.send(close(1000));
    assert.deepEqual(await two.next(1), ["close 1000"]);
    await two.ended();
    one.destroy();
  },
  "sse/server.ts": async (url) => {
    const leaving = new AbortController();
    const response = await fetch(`${url}/ticks`, { signal: leaving.signal });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    // Each event comes by itself, long before the stream would end: it never does.
    let events = "";
    while (!events.includes("tick 2\n\n")) events += (await reader.read()).value!;
    assert.match(events, /^id: 0\ndata: tick 0\n\nid: 1\ndata: tick 1\n\n/);
    assert.equal(await text(url, "/"), "1 listening\n");
    leaving.abort();
    await reader.closed.catch(() => undefined);
    while ((await text(url, "/")) !== "0 listening\n")
      await new Promise((resolve) => setTimeout(resolve, 10));
  },
  site: async (url) => {
    assert.match(await text(url, "/"), /A bare rock in the sea/);
    assert.match(await text(url, "/guide"), /The guide/);
    const missing = await fetch(`${url}/nowhere`);
    assert.equal(missing.status, 404);
    assert.match(await missing.text(), /There is nothing here/);
  },
  "site-with-api": async (url) => {
    assert.match(await text(url, "/"), /Sums/);
    assert.equal(await text(url, "/api/sum?n=1&n=2"), '{"sum":3}');
    const hello = await fetch(`${url}/hello`);
    assert.equal(hello.headers.get("x-from"), "the handler");
    assert.match(await hello.text(), /Sums/);
    assert.equal((await fetch(`${url}/nowhere`)).status, 404);
  },
  "http-native/main.ts": async (url) => {
    assert.equal(await text(url, "/"), "hello, world\n");
  },
};
