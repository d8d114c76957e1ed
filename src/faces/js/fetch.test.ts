/** From request to response: the handler's way, with bodies, streams, back-pressure and failures. */
import test from "node:test";
import assert from "node:assert/strict";
import { startApp, textOf, type Compartment } from "./compartment.harness.ts";

test("a handler answers with text, and makes nothing else for it", async () => {
  const app = await startApp(`export default { fetch() { return new Response("Hello, world!\\n"); } };`);
  assert.deepEqual([app.errors, app.listening], ["", [80]]);
  const request = app.request("/");
  assert.deepEqual([request.status, textOf(request)], [200, "Hello, world!\n"]);
  assert.equal(request.fields, "content-type: text/plain;charset=UTF-8\r\n");
});

const text = (value: string) => new TextEncoder().encode(value);

async function server(handler: string, prepare?: (app: Compartment) => void): Promise<Compartment> {
  const app = await startApp(`${handler}`, prepare);
  assert.equal(app.errors, "");
  return app;
}

test("the request's method, url, headers and body reach the handler", async () => {
  const app = await server(`export default { async fetch(request: Request) {
    return Response.json({ method: request.method, url: request.url, path: new URL(request.url).pathname,
      type: request.headers.get("content-type"), all: [...request.headers], body: await request.text(), used: request.bodyUsed });
  } };`);
  const request = app.request("/a/b?c=d", {
    method: "POST",
    headers: { host: "x.test:81", "content-type": "text/a", "x-latin": "\u00e4" },
    body: [text("one\0"), text("tw\u00f6")],
  });
  assert.deepEqual(JSON.parse(textOf(request)), {
    method: "POST",
    url: "http://x.test:81/a/b?c=d",
    path: "/a/b",
    type: "text/a",
    all: [
      ["content-type", "text/a"],
      ["host", "x.test:81"],
      ["x-latin", "\u00e4"],
    ],
    body: "one\0tw\u00f6",
    used: true,
  });
  assert.equal(request.fields, "content-type: application/json\r\n");
});

test("a body that arrives in pieces is awaited", async () => {
  const app = await server(
    `export default { async fetch(request: Request) { return new Response((await request.text()).toUpperCase()); } };`,
  );
  const request = app.request("/", { method: "POST", isChunked: true, bodyComplete: false });
  assert.equal(request.isComplete, false);
  for (const piece of ["ab", "cd"]) {
    request.body.push(text(piece));
    app.readable(request);
    assert.equal(request.isComplete, false);
  }
  request.bodyComplete = true;
  app.readable(request);
  assert.equal(textOf(request), "ABCD");
});

test("a request's stream is passed through to the response with back-pressure", async () => {
  const app = await server(`export default { fetch(request: Request) {
    return new Response(request.body!.pipeThrough(new TransformStream({ transform(c, o) { o.enqueue(c.map((b: number) => b ^ 32)); } })));
  } };`);
  const request = app.request("/", { method: "POST", isChunked: true, bodyComplete: false, window: 3 });
  request.body.push(text("hello"));
  app.readable(request);
  assert.equal(textOf(request), "HEL");
  request.window = 1;
  app.writable(request);
  assert.equal(textOf(request), "HELL");
  request.window = 100;
  request.body.push(text("!?"));
  request.bodyComplete = true;
  app.writable(request);
  app.runAlarms();
  if (!request.isComplete) app.readable(request);
  assert.equal(textOf(request), "HELLO\x01\x1f");
  assert.ok(request.isComplete);
});

test("a body that the kernel cannot take at once goes out piece by piece", async () => {
  for (const body of [`"h\\u00e4llo"`, `new TextEncoder().encode("h\\u00e4llo")`]) {
    const app = await server(`export default { fetch() { return new Response(${body}); } };`);
    const request = app.request("/", { window: 3 });
    assert.ok(!request.isComplete);
    request.window = 100;
    app.writable(request);
    assert.equal(textOf(request), "h\u00e4llo");
    assert.ok(request.isComplete);
    assert.match(request.fields, /content-length: 6\r\n/);
  }
});

test("a streamed response is begun, written and ended; its length field frames it", async () => {
  const app = await server(`export default { fetch(request: Request) {
    const stream = new ReadableStream({ async start(c) { for (const x of ["a", "b"]) { await new Promise((r) => setTimeout(r, 5)); c.enqueue(new TextEncoder().encode(x)); } c.close(); } });
    return new Response(stream, { status: 203, headers: request.url.endsWith("sized") ? { "Content-Length": "2" } : {} });
  } };`);
  for (const [target, fields] of [
    ["/", ""],
    ["/sized", "content-length: 2\r\n"],
  ] as const) {
    const request = app.request(target);
    app.runAlarms();
    assert.deepEqual(
      [textOf(request), request.status, request.fields, request.isComplete],
      ["ab", 203, fields, true],
    );
  }
});

test("bytes, latin header values, cookies and long fields go out as they are", async () => {
  const app = await server(`export default { fetch() {
    const headers = new Headers({ "X-A": "\\u00e4", "x-long": "l".repeat(3000) + "\\u00fc" });
    headers.append("set-cookie", "a=1"); headers.append("set-cookie", "b=2");
    return new Response(new Uint8Array([0, 255, 0]), { headers });
  } };`);
  const request = app.request("/");
  assert.deepEqual([...request.received[0]!], [0, 255, 0]);
  assert.equal(
    request.fields,
    `x-a: \u00e4\r\nx-long: ${"l".repeat(3000)}\u00fc\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n`,
  );
});

test("text with NULs, lone surrogates and great length is sent as UTF-8", async () => {
  const app =
    await server(`const texts = ["a\\0b", "\\ud800x", "\u20ac".repeat(5), "y".repeat(200000) + "\u00e4"];
    let next = 0;
    export default { fetch: () => new Response(texts[next++]) };`);
  for (const wanted of ["a\0b", "\ufffdx", "\u20ac".repeat(5), "y".repeat(200000) + "\u00e4"]) {
    assert.equal(textOf(app.request("/")), wanted);
  }
});

test("a handler that throws, rejects or returns no Response gets a 500, and the reason is on the console", async () => {
  const app = await startApp(`export default { fetch(request: Request): any {
    switch (new URL(request.url).pathname) {
      case "/throw": throw new TypeError("on purpose");
      case "/reject": return Promise.reject(new Error("later"));
      case "/value": return "text";
      case "/nothing": return;
      case "/read": return request.text().then(() => request.text());
      default: return Response.error();
    }
  } };`);
  const reasons: Record<string, RegExp> = {
    "/throw": /Uncaught in fetch: TypeError: on purpose\n {4}at fetch \(app\.js:\d+:\d+\)/,
    "/reject": /Uncaught in fetch: Error: later/,
    "/value": /must return a Response, not string/,
    "/nothing": /must return a Response, not undefined/,
    "/read": /already been read/,
    "/error": /Response\.error/,
  };
  for (const [target, reason] of Object.entries(reasons)) {
    app.errors = "";
    const request = app.request(target, { method: "POST", body: [text("x")] });
    assert.equal(request.status, 500, target);
    assert.equal(textOf(request), "Internal Server Error");
    assert.match(app.errors, reason);
  }
  assert.equal(app.exitStatus, undefined);
});

test("when the client goes away the signal aborts and the stream is cancelled", async () => {
  const app = await server(`export default { fetch(request: Request) {
    request.signal.addEventListener("abort", () => console.log("aborted " + request.signal.reason.name));
    return new Response(new ReadableStream({ pull() { return new Promise(() => {}); }, cancel() { console.log("cancelled"); } }));
  } };`);
  const request = app.request("/");
  app.close(request);
  assert.equal(app.output, "aborted AbortError\ncancelled\n");
  assert.equal(app.errors, "");
});

test("a stream that fails cuts its response short", async () => {
  const app = await startApp(`export default { fetch: () => new Response(new ReadableStream({
    pull(c) { c.enqueue(new Uint8Array([65])); throw new Error("half way"); } })) };`);
  const request = app.request("/");
  assert.ok(request.isAborted);
  assert.match(app.errors, /in a response's stream: Error: half way/);
});

test("many requests are under way at once, each with its own answer", async () => {
  const app = await server(`export default { async fetch(request: Request) {
    const n = Number(new URL(request.url).searchParams.get("n"));
    await new Promise((r) => setTimeout(r, 50 - n)); return new Response("n" + n); } };`);
  const requests = Array.from({ length: 50 }, (_, index) => app.request(`/?n=${index}`));
  app.runAlarms();
  assert.deepEqual(
    requests.map(textOf),
    requests.map((_, index) => `n${index}`),
  );
});

test("waitUntil keeps the request readable and reports its failure", async () => {
  const app = await startApp(
    `export default { fetch(request: Request, env: any, ctx: any) {
    ctx.waitUntil((async () => { await new Promise((r) => setTimeout(r, 10)); console.log(request.method, request.url, request.headers.get("host")); throw new Error("late"); })());
    return new Response(env.GREETING); } };`,
    (one) => (one.environment = { GREETING: "Ol\u00e1=x", EMPTY: "" }),
  );
  assert.equal(textOf(app.request("/p")), "Ol\u00e1=x");
  app.runAlarms();
  assert.equal(app.output, "GET http://skerry.test/p skerry.test\n");
  assert.match(app.errors, /in waitUntil: Error: late/);
});

test("an endless loop in a handler ends at the limit with a 500, and the app goes on", async () => {
  const app = await startApp(
    `export default { fetch(request: Request) { if (request.url.endsWith("/loop")) for (;;); return new Response("alive"); } };`,
  );
  let calls = 0;
  Object.defineProperty(app, "nowMs", { get: () => 1000 + calls++ * 4000, set() {} });
  const request = app.request("/loop");
  assert.equal(request.status, 500);
  assert.match(app.errors, /interrupted/);
  assert.equal(textOf(app.request("/")), "alive");
});

test("too deep a recursion and too much memory are errors of the handler, not of the machine", async () => {
  const app = await startApp(`const deep = (): number => 1 + deep();
    export default { fetch(request: Request) {
      if (request.url.endsWith("/deep")) deep();
      if (request.url.endsWith("/wide")) { const all: string[] = []; for (let i = 0; ; i++) all.push("x".repeat(1000000) + i); }
      return new Response("alive"); } };`);
  for (const target of ["/deep", "/wide"]) {
    assert.equal(app.request(target).status, 500);
    assert.match(app.errors, target === "/deep" ? /call stack|stack overflow/i : /out of memory/i);
    assert.equal(textOf(app.request("/")), "alive");
  }
});

test("a program that catches such errors finds RangeErrors", async () => {
  const app = await server(`const deep = (): number => 1 + deep();
    const wide = () => { const all: string[] = []; for (let i = 0; ; i++) all.push("x".repeat(1000000) + i); };
    const caught = (work: () => unknown) => { try { work(); } catch (error) { return error instanceof RangeError; } };
    export default { fetch: () => Response.json([caught(deep), caught(wide), new RangeError() instanceof RangeError]) };`);
  assert.equal(textOf(app.request("/")), "[true,true,true]");
});

test("Hono's app is a handler", async () => {
  const app =
    await server(`import { Hono } from ${JSON.stringify(import.meta.resolve("hono").replace("file://", ""))};
    const app = new Hono();
    app.get("/hello/:name", (c) => c.text("Hello " + c.req.param("name")));
    app.post("/json", async (c) => c.json({ got: await c.req.json() }, 201));
    app.notFound((c) => c.text("nothing", 404));
    export default app;`);
  assert.equal(textOf(app.request("/hello/you")), "Hello you");
  const json = app.request("/json", { method: "POST", body: [text('{"a":1}')] });
  assert.deepEqual([json.status, textOf(json)], [201, '{"got":{"a":1}}']);
  assert.equal(app.request("/x").status, 404);
});

test("memory does not grow over many requests", async () => {
  const blockBytes = 16384;
  const app = await startApp(
    `export default { async fetch(request: Request) {
    const body = await request.text(); const url = new URL(request.url);
    return Response.json({ body, q: url.searchParams.get("q"), host: request.headers.get("host") }); } };`,
    undefined,
    256,
  );
  const once = () => app.request("/?q=1", { method: "POST", body: [text("x".repeat(1000))] });
  const free = () => {
    for (let count = 0; count < 3000; count++) once();
    // A heap that cannot grow has its next object begin with a collection.
    app.freeBlocks(blockBytes);
    once();
    return app.freeBlocks(blockBytes);
  };
  const before = free();
  const lost = before - free();
  assert.ok(before > 100 && lost <= 1, `${lost} of ${before} blocks lost`);
});
