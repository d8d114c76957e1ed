/** node:http in the engine: what a request is to a listener, and what it writes to the client. */
import test from "node:test";
import assert from "node:assert/strict";
import { startApp, textOf, type Compartment } from "../faces/js/compartment.harness.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function serve(listener: string, top = ""): Promise<Compartment> {
  return startApp(`import http from "node:http"; import { pipeline, Readable, Transform } from "node:stream"; ${top}
    http.createServer((req: any, res: any) => { ${listener} }).listen(3000);`);
}

test("a server listens on the machine's port, and its request has method, url and headers", async () => {
  const app = await serve(
    `res.setHeader("X-Seen", [req.method, req.url, req.headers["x-a"], req.httpVersion].join(" ")); res.end("text");`,
  );
  assert.deepEqual(app.listening, [80]);
  const request = app.request("/a/b?c=d", { method: "PUT", headers: { host: "h", "x-a": "1" } });
  assert.equal(textOf(request), "text");
  assert.equal(request.fields, "x-seen: PUT /a/b?c=d 1 1.1\r\n");
});

test("an answer that ends in its turn is sent in one piece", async () => {
  const app = await serve(
    `res.writeHead(201, { "X-A": "1" }); res.write("a"); res.write(Buffer.from("b")); res.end("c");`,
  );
  const request = app.request("/");
  assert.equal(request.status, 201);
  assert.deepEqual(request.received.map(String), [String(bytes("abc"))]);
});

test("cookies have a line each; what is set twice is replaced, what is appended stays", async () => {
  const app = await serve(
    `res.setHeader("Set-Cookie", ["a=1", "b=2"]); res.setHeader("x", "1"); res.setHeader("X", "2"); res.appendHeader("y", "1"); res.appendHeader("y", "2"); res.setHeader("z", "1"); res.removeHeader("Z"); res.end();`,
  );
  assert.equal(app.request("/").fields, "set-cookie: a=1\r\nset-cookie: b=2\r\nx: 2\r\ny: 1, 2\r\n");
});

test("a body is read as it comes, and piped through to the client", async () => {
  const app = await serve(
    `req.pipe(new Transform({ transform(piece, _, done) { done(null, String(piece).toUpperCase()); } })).pipe(res);`,
  );
  const request = app.request("/", {
    method: "POST",
    body: [bytes("one ")],
    bodyComplete: false,
    isChunked: true,
  });
  assert.equal(textOf(request), "ONE ");
  request.body.push(bytes("two"));
  request.bodyComplete = true;
  app.readable(request);
  app.runAlarms();
  assert.equal(textOf(request), "ONE TWO");
  assert.ok(request.isComplete);
});

test("write says false while the client does not read, and drain follows", async () => {
  const app = await serve(
    `let count = 0; const more = () => { while (count < 20) { count++; if (!res.write("x".repeat(10000))) { res.once("drain", more); return; } } console.log("all"); res.end(); }; more();`,
  );
  const request = app.request("/", { window: 15_000 });
  assert.equal(app.output, "");
  request.window = 1_000_000;
  app.writable(request);
  assert.equal(textOf(request).length, 200_000);
  assert.equal(app.output, "all\n");
});

test("finish and close are told, and close alone when the client goes away", async () => {
  const app = await serve(
    `for (const name of ["finish", "close"]) res.on(name, () => console.log(req.url, name)); req.on("aborted", () => console.log(req.url, "aborted")); if (req.url === "/now") res.end("x"); else res.write("begun");`,
  );
  app.request("/now");
  const request = app.request("/later");
  app.close(request);
  assert.equal(app.output, "/now finish\n/now close\n/later close\n");
});

test("mistakes are Node's errors; one that nobody caught answers 500", async () => {
  const app = await serve(`
    const codes = []; const note = (work) => { try { work(); codes.push("none"); } catch (error) { codes.push(error.code); } };
    note(() => res.setHeader("bad name", "x")); note(() => res.setHeader("x", "a\\nb")); note(() => res.setHeader("x", undefined));
    note(() => res.writeHead(99)); note(() => res.write(5));
    if (req.url === "/throw") throw new Error("meant");
    res.end(JSON.stringify(codes)); note(() => res.setHeader("x", "late")); console.log(codes.at(-1));`);
  assert.deepEqual(JSON.parse(textOf(app.request("/"))), [
    "ERR_INVALID_HTTP_TOKEN",
    "ERR_INVALID_CHAR",
    "ERR_HTTP_INVALID_HEADER_VALUE",
    "ERR_HTTP_INVALID_STATUS_CODE",
    "ERR_INVALID_ARG_TYPE",
  ]);
  assert.equal(app.output, "ERR_HTTP_HEADERS_SENT\n");
  const request = app.request("/throw");
  assert.equal(request.status, 500);
  assert.match(app.errors, /meant/);
});

test("listening is told once the machine listens; a second server is refused", async () => {
  const app = await startApp(`import { createServer } from "http";
    const first = createServer((req, res) => res.end("1"));
    first.listen({ port: 8080, host: "::" }, () => console.log("up", JSON.stringify(first.address())));
    createServer().on("error", (error: any) => console.log(error.code)).listen(1);`);
  assert.equal(app.output, `EADDRINUSE\nup {"address":"0.0.0.0","family":"IPv4","port":80}\n`);
});

test("a program becomes a server when it listens later", async () => {
  const app = await startApp(`import { createServer } from "node:http";
    setTimeout(() => createServer((req, res) => res.end("late")).listen(80), 50);`);
  assert.deepEqual(app.listening, []);
  app.runAlarms();
  assert.deepEqual(app.listening, [80]);
  assert.equal(app.exitStatus, undefined);
  assert.equal(textOf(app.request("/")), "late");
});

test("a top level that awaits its server's listening gets on, and serves meanwhile", async () => {
  const app = await startApp(`import { createServer } from "node:http";
    const server = createServer((req, res) => res.end(String(isOver)));
    let isOver = false;
    await new Promise((listening: any) => Promise.resolve().then(() => server.listen(80, listening)));
    console.log("up");
    await new Promise((later) => setTimeout(later, 10));
    isOver = true;`);
  assert.deepEqual([app.listening, app.output], [[80], "up\n"]);
  assert.equal(textOf(app.request("/")), "false");
  app.runAlarms();
  assert.equal(textOf(app.request("/")), "true");
  assert.deepEqual([app.listening, app.errors, app.exitStatus], [[80], "", undefined]);
});

test("timers of an app that calls unref are objects, and fire", async () => {
  const app = await startApp(`
    const timer: any = setTimeout(() => console.log("fired"), 10);
    timer.unref();
    const other: any = setInterval(() => console.log("never"), 5);
    clearInterval(other);
    console.log(typeof timer, timer.hasRef(), Number(timer) > 0);`);
  app.runAlarms();
  assert.equal(app.output, "object false true\nfired\n");
});

test("process.exit ends the program with its status, and nothing more is said", async () => {
  const app =
    await startApp(`process.on("exit", (status) => console.log("exit", status)); process.exitCode = 3;
    setTimeout(() => { process.exit(); }, 1);`);
  app.runAlarms();
  assert.equal(app.exitStatus, 3);
  assert.equal(app.output, "exit 3\n");
  assert.equal(app.errors, "");
});

test("the client's address is the socket's, and the environment's by requestIP", async () => {
  const app = await serve(
    `const { remoteAddress: a, remotePort: p, remoteFamily: f } = req.socket;
    res.on("finish", () => console.log(req.socket.remoteAddress, new http.IncomingMessage().socket.remoteAddress)); res.end([a, p, f].join());`,
  );
  assert.equal(textOf(app.request("/")), "192.0.2.7,50000,IPv4");
  app.runAlarms();
  // What was asked for stays known.
  assert.equal(app.output, "192.0.2.7 undefined\n");
  const six = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 9];
  app.remote = Uint8Array.from(six);
  assert.equal(textOf(app.request("/")), "2001:db8::1,9,IPv6");
  const web = await startApp(
    `export default { fetch: (request: Request, env: any) => Response.json([env.requestIP(request), env.requestIP(new Request(request)), env.requestIP({}), Object.keys(env)]) };`,
  );
  assert.equal(
    textOf(web.request("/")),
    '[{"address":"192.0.2.7","family":"IPv4","port":50000},null,null,[]]',
  );
});

test("http.request takes host, port and path for what they are, and nothing more", async () => {
  const app = await startApp(`import http from "node:http"; import https from "node:https";
    for (const options of [
      { hostname: "a.test/x" }, { hostname: "user@a.test" }, { host: "a.test:1@b.test" }, { hostname: "" }, { hostname: "a b" },
      { port: "80@b.test" }, { port: 0 }, { port: 70000 }, { path: "@b.test/" }, { path: "x" }, { path: "/a b" }, { path: "/\\r\\nx: y" },
      { protocol: "https:" }, { headers: { "x": "a\\r\\nb: c" } }, { headers: { "x y": "z" } }, { socketPath: "/run/x" },
    ]) { try { http.request(options as any); console.log("taken", options); } catch (error: any) { console.log(error.code); } }
    try { https.get("https://a.test"); } catch (error: any) { console.log(error.code); }`);
  const invalid = "ERR_INVALID_ARG_VALUE";
  assert.deepEqual(app.output.trimEnd().split("\n"), [
    ...[invalid, invalid, invalid, invalid, invalid],
    ...["ERR_SOCKET_BAD_PORT", "ERR_SOCKET_BAD_PORT", "ERR_SOCKET_BAD_PORT", invalid, invalid],
    ...["ERR_UNESCAPED_CHARACTERS", "ERR_UNESCAPED_CHARACTERS", "ERR_INVALID_PROTOCOL", "ERR_INVALID_CHAR"],
    ...["ERR_INVALID_HTTP_TOKEN", "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"],
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
  ]);
});
