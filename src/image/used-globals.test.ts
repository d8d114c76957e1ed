import test from "node:test";
import assert from "node:assert/strict";
import { usedServices } from "./used-globals.ts";

const USES = [
  `await fetch("http://a/")`,
  `export default { async fetch(request) { return fetch(request); } }`,
  `const get = globalThis.fetch;`,
  `self.fetch?.("http://a/")`,
  `if (typeof fetch === "function") run({ fetch });`,
  `const call = (f = fetch) => f("http://a/");`,
];

const USES_NOT = [
  `export default { fetch(request) { return new Response("fetch"); } }`,
  `export default { async fetch(request) { return app.fetch(request); } }`,
  `class App { fetch = (request) => this.dispatch(request); }`,
  `function run(fetch) { return fetch("http://a/"); }`,
  `const { fetch } = app; fetch("http://a/"); // fetch`,
];

test("a script that names the global fetch has a client", async () => {
  for (const code of USES) assert.deepEqual(await usedServices(code), ["fetch"], code);
});

test("a script that makes a WebSocketPair has WebSockets", async () => {
  assert.deepEqual(await usedServices("const pair = new WebSocketPair(); fetch(pair);"), [
    "fetch",
    "websocket",
  ]);
  assert.deepEqual(await usedServices("class WebSocketPair {} new WebSocketPair();"), []);
});

test("a script that makes a WebSocket has the way to servers; one that only looks at some has not", async () => {
  const all = ["fetch", "websocket", "upgrade"];
  for (const code of ["new WebSocket(url);", "const W = globalThis.WebSocket; new W(url);"])
    assert.deepEqual(await usedServices(code), all, code);
  const looks =
    "if (a instanceof WebSocket && typeof WebSocket && a.readyState === WebSocket.OPEN) a.send(b);";
  assert.deepEqual(await usedServices(looks), []);
  assert.deepEqual(await usedServices(`${looks} new WebSocketPair();`), ["websocket"]);
});

test("a handler's own fetch, and any other, is not the global", async () => {
  for (const code of USES_NOT) assert.deepEqual(await usedServices(code), [], code);
});

test("a script that asks by http.request or http.get has a client, one that only serves has none", async () => {
  for (const code of [
    `import http from "node:http"; http.get(url);`,
    `const { request } = require("http"); request(url);`,
    `import { createServer, get } from "node:http"; get(url);`,
    `(isSecure ? https : http).request(options);`,
  ]) {
    assert.deepEqual(await usedServices(code), ["fetch"], code);
  }
  for (const code of [
    `import http from "node:http"; http.createServer(app); app.get("/", f); map.get(http);`,
    `import { createServer } from "node:http"; createServer((request, response) => request.get("x"));`,
  ]) {
    assert.deepEqual(await usedServices(code), [], code);
  }
});
