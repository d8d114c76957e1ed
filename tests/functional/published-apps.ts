/** What servers made of published packages have to answer, wherever they run. */
import assert from "node:assert/strict";
import { constants, createHash, generateKeyPairSync, sign } from "node:crypto";
import { isIP } from "node:net";
import { FINAL, frame } from "../../tools/websocket-peer.ts";
import type { Check } from "./example-servers.ts";
import { WebSocketClient } from "./websocket-client.ts";

const UPLOAD_BYTES = 5 * 1024 * 1024;

async function json(url: string, init?: RequestInit): Promise<unknown> {
  return (await fetch(url, init)).json();
}

const post = (value: unknown, type = "application/json"): RequestInit => ({
  method: "POST",
  headers: { "content-type": type },
  body: typeof value === "string" ? value : JSON.stringify(value),
});

/** Tokens as identity providers give them: signed with RSA by Node, read by jose in the image. */
async function rsaTokens(url: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = [{ ...publicKey.export({ format: "jwk" }), kid: "one" }];
  for (const alg of ["RS256", "PS384"]) {
    const hash = `sha${alg.slice(2)}`;
    const padding = alg.startsWith("PS") ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg, kid: "one" })}.${part({ sub: "ann", exp: 4102444800 })}`;
    const signature = sign(hash, Buffer.from(signed), { key: privateKey, padding, saltLength });
    const token = `${signed}.${signature.toString("base64url")}`;
    assert.deepEqual(await json(url, post({ keys, token })), { sub: "ann", exp: 4102444800 }, alg);
    signature[100]! ^= 1;
    const forged = `${signed}.${signature.toString("base64url")}`;
    assert.equal(await json(url, post({ keys, token: forged })), "ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
  }
}

/** Who asks, as the package tells it: whichever address the machine's network gives us. */
async function address(url: string): Promise<void> {
  const [ip, family] = (await json(url)) as [string, string];
  assert.ok(isIP(ip) !== 0, ip);
  assert.equal(family, `IPv${isIP(ip)}`);
}

/** Bytes that are everywhere the same, and nowhere a pattern of a power of two. */
function upload(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(UPLOAD_BYTES);
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 7 + (index >> 8)) & 255;
  return bytes;
}

async function hono(url: string): Promise<void> {
  assert.deepEqual(await json(`${url}/users/42?sort=name`), { id: 42, sort: "name" });
  assert.equal((await fetch(`${url}/users/x`)).status, 404);
  const body = { deep: [1, { two: "drei €" }] };
  assert.deepEqual(await json(`${url}/echo`, post(body)), body);
  const token = await (await fetch(`${url}/token`)).text();
  assert.equal((await fetch(`${url}/private/me`)).status, 401);
  const bearer = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });
  assert.equal((await fetch(`${url}/private/me`, bearer(`${token}x`))).status, 401);
  assert.deepEqual(await json(`${url}/private/me`, bearer(token)), { sub: "ann", exp: 4102444800 });
  await address(`${url}/ip`);
  const ticks = await fetch(`${url}/ticks`);
  assert.match(ticks.headers.get("content-type")!, /^text\/event-stream/);
  assert.match(await ticks.text(), /^event: tick\ndata: tick 0\nid: 0\n\n(.|\n)*tick 2\nid: 2\n\n$/);
}

async function itty(url: string): Promise<void> {
  assert.deepEqual(await json(`${url}/hello/ann`), { hello: "ann" });
  assert.equal(await (await fetch(`${url}/text`)).json(), "text");
  assert.deepEqual(await json(`${url}/teapot`), { status: 418, error: "short and stout" });
  assert.equal((await fetch(`${url}/none`)).status, 404);
}

async function graphql(url: string): Promise<void> {
  const ask = (query: string, variables = {}) => json(url, post({ query, variables }));
  assert.deepEqual(await ask('{ note(id: "1") { text } }'), { data: { note: { text: "buy milk" } } });
  const add = "mutation ($text: String!) { add(text: $text) { id } }";
  assert.deepEqual(await ask(add, { text: "drink it" }), { data: { add: { id: "2" } } });
  assert.deepEqual(await ask("{ notes { id } }"), { data: { notes: [{ id: "1" }, { id: "2" }] } });
  const wrong = (await ask("{ nothing }")) as { errors: { message: string }[] };
  assert.match(wrong.errors[0]!.message, /Cannot query field "nothing"/);
}

async function packages(url: string): Promise<void> {
  await rsaTokens(`${url}/rsa`);
  await hono(`${url}/hono`);
  await itty(`${url}/itty`);
  await graphql(`${url}/graphql`);
  assert.equal(
    await (await fetch(`${url}/page`)).text(),
    '<!DOCTYPE html><html><body class="page"><h1>Notes &amp; more</h1><ul><li>a</li><li>&lt;b></li></ul></body></html>',
  );
  assert.deepEqual(await json(`${url}/order`, post({ email: "a@b.de", count: "3" })), {
    email: "a@b.de",
    count: 3,
    tags: [],
  });
  assert.deepEqual(await json(`${url}/order`, post({ email: "x", count: 0 })), [
    ["email", "invalid_format"],
    ["count", "too_small"],
  ]);
  assert.deepEqual(await json(`${url}/tokens`), [
    "bob",
    "admin",
    "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    35,
  ]);
  const body = upload();
  const sha256 = createHash("sha256").update(body).digest("hex");
  assert.deepEqual(await json(`${url}/upload`, { method: "POST", body }), { size: UPLOAD_BYTES, sha256 });
  const socket = await WebSocketClient.open(url);
  socket.send(frame(FINAL | 1, "hello"));
  assert.deepEqual(await socket.next(1), ["1:hello"]);
  socket.destroy();
  assert.equal((await fetch(`${url}/none`)).status, 404);
}

async function express(url: string): Promise<void> {
  const text = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).text();
  const hello = await fetch(url);
  assert.equal(await hello.text(), "hello from Express\n");
  const etag = hello.headers.get("etag")!;
  assert.equal(
    (await fetch(url, { headers: { "if-none-match": etag, "cache-control": "max-age=0" } })).status,
    304,
  );
  assert.deepEqual(await json(`${url}/users/7?a[]=1&a[]=2`), { id: "7", query: { "a[]": ["1", "2"] } });
  assert.equal((await fetch(`${url}/users/0`)).status, 404);
  assert.match(await text("/none"), /Cannot GET \/none/);
  assert.deepEqual(await json(`${url}/echo`, post({ a: [1, "ä"] })), { a: [1, "ä"] });
  const form = post("a[b]=1&c=x+y", "application/x-www-form-urlencoded");
  assert.deepEqual(await json(`${url}/echo`, form), { a: { b: "1" }, c: "x y" });
  const broken = await fetch(`${url}/echo`, post("{"));
  assert.equal(broken.status, 400);
  const ids = ["one", "two", "three"];
  const stored = ids.map((id) => text("/stored", { headers: { "x-request-id": id } }));
  assert.deepEqual(await Promise.all(stored), ids);
  const cookies = await fetch(`${url}/cookies`, { redirect: "manual" });
  assert.deepEqual(cookies.headers.getSetCookie(), ["a=1; Path=/; HttpOnly", "b=2; Path=/"]);
  assert.equal(cookies.headers.get("location"), "/");
  const page = await fetch(`${url}/static/`);
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(await page.text(), "<h1>From a file</h1>\n");
  const part = await fetch(`${url}/static/index.html`, { headers: { range: "bytes=4-7" } });
  assert.deepEqual([part.status, await part.text()], [206, "From"]);
  assert.equal((await fetch(`${url}/static/%2e%2e/app.js`)).status, 404);
  assert.deepEqual(await json(`${url}/fails`), { error: "meant to" });
  assert.equal((await fetch(`${url}/rejects`)).status, 409);
  const body = upload().subarray(0, 300_000);
  const sent: RequestInit = { method: "POST", body, headers: { "content-type": "x/y" } };
  assert.equal(await text("/digest", sent), createHash("sha256").update(body).digest("hex"));
  const letters = "abc".repeat(100_000);
  assert.equal(await text("/upper", { method: "POST", body: letters }), letters.toUpperCase());
  assert.equal(await text("/packed"), "packed ".repeat(1000));
  await address(`${url}/ip`);
  assert.deepEqual(await json(`${url}/count`), { count: 21 });
}

async function frameworks(url: string): Promise<void> {
  const user = await fetch(`${url}/fastify/users/7?a=1`);
  assert.equal(user.headers.get("x-began"), "1");
  assert.deepEqual(await user.json(), { id: "7", query: { a: "1" } });
  assert.deepEqual(await json(`${url}/fastify/order`, post({ count: "3" })), { count: 3 });
  const wrong = await fetch(`${url}/fastify/order`, post({ count: 0 }));
  assert.equal(wrong.status, 400);
  assert.match(await wrong.text(), /body\/count must be >= 1/);
  assert.equal((await fetch(`${url}/fastify/order`, post("x".repeat(2000)))).status, 413);
  assert.equal((await fetch(`${url}/fastify/fails`)).status, 409);
  assert.equal(await (await fetch(`${url}/fastify/plugin`)).text(), "from a plugin");
  assert.equal((await fetch(`${url}/nothing`)).status, 404);
  const koa = await fetch(`${url}/koa?b=2`, { headers: { "x-agent": "us" } });
  assert.equal(koa.headers.get("set-cookie"), "seen=1; path=/; httponly");
  assert.equal(koa.headers.get("x-length"), "32");
  assert.deepEqual(await koa.json(), { query: { b: "2" }, agent: "us" });
  assert.equal((await fetch(`${url}/koa/fails`)).status, 418);
}

export const PUBLISHED_APPS: Readonly<Record<string, Check>> = {
  "published-packages.ts": packages,
  "published-express.ts": express,
  "published-frameworks.ts": frameworks,
};
