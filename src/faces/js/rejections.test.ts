/** Promises that are rejected while nobody listens: what the app, the console and the client hear of them. */
import test from "node:test";
import assert from "node:assert/strict";
import { mapStackText } from "../../image/stack-map.ts";
import { bundleText, Compartment, compartmentParts, startApp, textOf } from "./compartment.harness.ts";

/** A server whose handlers are by path. */
const server = (handlers: string, before = "") => `${before}
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const fail = async (message: string, ms = 0) => { if (ms > 0) await wait(ms); throw new Error(message); };
  const handlers: Record<string, (request: Request, context: any) => unknown> = { ${handlers} };
  export default { fetch: (request: Request, _: unknown, context: any) => handlers[new URL(request.url).pathname]!(request, context) };`;

test("by default it is on the console with its mapped stack, and a server goes on", async () => {
  const source = `async function audit(): Promise<never> {\n  throw new RangeError("full");\n}\n
export default { fetch: () => { void audit(); return new Response("ok"); } };`;
  const { script, sourceMap } = await bundleText(source);
  const app = new Compartment(await compartmentParts()).start(script);
  const request = app.request("/");
  assert.deepEqual([request.status, textOf(request)], [200, "ok"]);
  const log = mapStackText(app.errors, sourceMap);
  assert.match(log, /^Uncaught \(in promise\) RangeError: full\n {4}at audit \(app\.ts:2:/);
  assert.match(log, /at fetch \(app\.ts:5:/);
  assert.equal(app.exitStatus, undefined);
  assert.equal(app.request("/").status, 200);
});

test("a rejection that somebody listens to before the entry's jobs are done is none", async () => {
  const app = await startApp(
    server(`
    "/await": async () => { const failing = fail("a"); await null; try { await failing; } catch { return new Response("caught"); } },
    "/late": async () => { const failing = fail("b"); for (let i = 0; i < 20; i++) await null; return failing.catch(() => new Response("caught")); },
    "/all": async () => Promise.allSettled([fail("c"), fail("d")]).then((list) => new Response(String(list.length))),
    "/thrown": () => fail("e"),`),
  );
  for (const [target, text] of [
    ["/await", "caught"],
    ["/late", "caught"],
    ["/all", "2"],
  ] as const) {
    assert.equal(textOf(app.request(target)), text);
  }
  assert.equal(app.errors, "");
  // The handler's own rejection is the request's, and is told once.
  assert.equal(app.request("/thrown").status, 500);
  assert.equal(app.errors.match(/Uncaught/g)?.length, 1);
});

test("a request that waits is answered with 500 where its own work failed, and no other request is", async () => {
  const app = await startApp(
    server(`
    "/waits": () => wait(1000).then(() => new Response("waited")),
    "/fails": () => { void fail("at once"); return new Promise(() => {}); },
    "/later": () => { void fail("later", 10); return new Promise(() => {}); },
    "/kept": (_, context) => { context.waitUntil(fail("kept", 10)); return wait(20).then(() => new Response("kept")); },`),
  );
  const requests = ["/waits", "/fails", "/later", "/kept"].map((target) => app.request(target));
  assert.deepEqual(
    requests.map((request) => request.status),
    [0, 500, 0, 0],
  );
  assert.equal(textOf(requests[1]!), "Internal Server Error");
  assert.match(app.errors, /\(in promise\) Error: at once/);
  // Two timers that are due at the same time: each has its jobs to itself.
  app.nowMs += 10;
  app.fireAlarm();
  assert.deepEqual(
    requests.map((request) => request.status),
    [0, 500, 500, 0],
  );
  app.runAlarms();
  assert.deepEqual(
    requests.map((request) => request.status),
    [200, 500, 500, 200],
  );
  assert.match(app.errors, /in waitUntil: Error: kept/);
});

test("an answer that has begun is left as it is", async () => {
  const app = await startApp(
    server(`"/": () => { void fail("meanwhile", 5);
      return new Response(new ReadableStream({ async start(to) { await wait(1); to.enqueue(new TextEncoder().encode("one ")); await wait(50); to.enqueue(new TextEncoder().encode("two")); to.close(); } })); },`),
  );
  const request = app.request("/");
  app.runAlarms();
  assert.deepEqual([request.status, textOf(request), request.isComplete], [200, "one two", true]);
  assert.match(app.errors, /meanwhile/);
});

test("unhandledrejection tells promise and reason and can be cancelled; rejectionhandled follows", async () => {
  const app = await startApp(
    server(
      `"/": () => { kept = fail("mine"); return new Response("x"); },
       "/handle": () => { kept!.catch(() => {}); return new Response("x"); },
       "/listen": () => { kept = fail("in listener"); catching = true; return new Response("x"); },`,
      `let kept: Promise<unknown> | undefined; let catching = false;
      addEventListener("unhandledrejection", (event: any) => {
        console.log(event.type, event.promise === kept, event.reason.message, event.cancelable);
        event.preventDefault();
        if (catching) event.promise.catch(() => {});
      });
      globalThis.onrejectionhandled = (event: any) => console.log(event.type, event.promise === kept, event.reason.message, event.cancelable);`,
    ),
  );
  app.request("/");
  assert.equal(app.output, "unhandledrejection true mine true\n");
  app.request("/handle");
  assert.equal(app.output.split("\n")[1], "rejectionhandled true mine false");
  app.output = "";
  app.request("/listen");
  // Whoever listens from within the event is in time.
  assert.equal(app.output, "unhandledrejection true in listener true\n");
  assert.equal(app.errors, "");
});

test("a listener that fails itself, each time, leaves the machine its turns", async () => {
  const app = await startApp(
    server(
      `"/": () => { void fail("first"); return new Response("x"); },`,
      `let count = 0; addEventListener("unhandledrejection", (event: any) => { event.preventDefault(); if (++count < 50) void Promise.reject(count); else console.log(count); });`,
    ),
  );
  assert.equal(app.request("/").status, 200);
  app.runAlarms(60);
  assert.equal(app.output, "50\n");
});

test("process.on: unhandledRejection, rejectionHandled, and uncaughtException for what is left", async () => {
  const handlers = `"/": () => { kept = fail("mine"); return new Response("x"); },
    "/handle": () => { kept!.catch(() => {}); return new Response("x"); },
    "/timer": () => { setTimeout(() => { throw new Error("tick"); }, 1); return new Response("x"); },`;
  const app = await startApp(
    server(
      handlers,
      `let kept: Promise<unknown> | undefined;
      process.on("unhandledRejection", (reason: any, promise) => console.log("unhandled", reason.message, promise === kept));
      process.on("rejectionHandled", (promise) => console.log("handled", promise === kept));`,
    ),
  );
  for (const target of ["/", "/handle", "/timer"]) app.request(target);
  app.runAlarms();
  assert.equal(app.output, "unhandled mine true\nhandled true\n");
  assert.match(app.errors, /^Uncaught Error: tick/);
  const other = await startApp(
    server(
      handlers,
      `let kept: Promise<unknown> | undefined;
      process.on("uncaughtException", (error, origin) => console.log(error.message, origin));`,
    ),
  );
  for (const target of ["/", "/timer"]) other.request(target);
  other.runAlarms();
  assert.equal(other.output, "mine unhandledRejection\ntick uncaughtException\n");
  assert.equal(other.errors, "");
});

test("a program ends with 1, as in Node; process.exit in an async function is no error", async () => {
  const ends = async (source: string) => {
    const app = await startApp(source);
    app.runAlarms();
    return [app.exitStatus, app.output, app.errors.split("\n")[0]];
  };
  const work = `async function work() { throw new Error("late"); } setTimeout(() => console.log("never"), 50);`;
  assert.deepEqual(await ends(`${work} void work();`), [1, "", "Uncaught (in promise) Error: late"]);
  assert.deepEqual(await ends(`${work} void work(); await new Promise(() => {});`), [
    1,
    "",
    "Uncaught (in promise) Error: late",
  ]);
  assert.deepEqual(await ends(`Promise.reject(undefined); setTimeout(() => {}, 5);`), [
    1,
    "",
    "Uncaught (in promise) undefined",
  ]);
  assert.deepEqual(
    await ends(
      `import process from "node:process"; async function end() { await null; process.exit(3); } void end();`,
    ),
    [3, "", ""],
  );
});
