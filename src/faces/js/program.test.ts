/** An app's life: start, programs that end, errors before anything runs, the console, and the compartment's layout. */
import test from "node:test";
import assert from "node:assert/strict";
import { bundleText, Compartment, compartmentParts, startApp } from "./compartment.harness.ts";
import { mapStackText } from "../../image/stack-map.ts";

test("the glue's static bytes lie below the engine's, and it never allocates by itself", async () => {
  const { glue, engine } = await compartmentParts();
  const parts = await compartmentParts();
  const names = WebAssembly.Module.customSections(glue, "name").map((one) =>
    Buffer.from(one).toString("latin1"),
  );
  assert.equal(names.length, 1);
  assert.doesNotMatch(names[0]!, /__new|__alloc|__renew/);
  // Both modules write their static bytes when they are instantiated: into a memory that is all ones, so that
  // zeros count as written.
  const stub = (module: WebAssembly.Module, memory: WebAssembly.Memory) => {
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const one of WebAssembly.Module.imports(module)) {
      (imports[one.module] ??= {})[one.name] = one.kind === "memory" ? memory : () => 0;
    }
    return imports;
  };
  const memoryOf = (module: WebAssembly.Module) => {
    const memory = new WebAssembly.Memory({
      initial: parts.memoryPages.initial,
      maximum: parts.memoryPages.maximum,
    });
    const bytes = new Uint8Array(memory.buffer).fill(0xff);
    new WebAssembly.Instance(module, stub(module, memory));
    const touched = bytes.findIndex((byte) => byte !== 0xff);
    return { touched, last: bytes.findLastIndex((byte) => byte !== 0xff) };
  };
  const glueBytes = memoryOf(glue);
  assert.ok(glueBytes.touched >= 16 && glueBytes.last < 1024, JSON.stringify(glueBytes));
  assert.ok(memoryOf(engine).touched >= 1024);
});

test("a program without a handler runs and exits with 0", async () => {
  const app = await startApp(`console.log("hello", 1, { a: [1, "x"] }); console.error("oops");`);
  assert.equal(app.output, "hello 1 { a: [ 1, 'x' ] }\n");
  assert.equal(app.errors, "oops\n");
  assert.equal(app.exitStatus, 0);
  assert.deepEqual(app.listening, []);
});

test("a script without imports and exports is a program, also one with an eval", async () => {
  for (const source of [`console.log(eval("1 + 1"));`, `const two = 2; console.log(eval("two"));`]) {
    const app = await startApp(source);
    assert.deepEqual([app.output, app.errors, app.exitStatus], ["2\n", "", 0]);
  }
  // CommonJS is what it exports.
  const server = await startApp(
    `const n = eval("2"); module.exports = { fetch: () => new Response(String(n)) };`,
  );
  assert.equal(server.request("/").status, 200);
  const mistaken = await startApp(`export default { eval: eval("1") };`);
  assert.match(mistaken.errors, /answers no request without fetch/);
});

test("a program lives as long as its timers and its top-level await", async () => {
  const app = await startApp(`console.log("start"); await new Promise((r) => setTimeout(r, 100));
    console.log("awaited"); let n = 0; const i = setInterval(() => { console.log("tick", ++n); if (n === 2) clearInterval(i); }, 10);`);
  assert.equal(app.exitStatus, undefined);
  app.runAlarms();
  assert.equal(app.output, "start\nawaited\ntick 1\ntick 2\n");
  assert.equal(app.exitStatus, 0);
});

test("a top-level await that nothing can settle ends the program with 13", async () => {
  const app = await startApp(`await new Promise(() => {});`);
  assert.equal(app.exitStatus, 13);
  assert.match(app.errors, /nothing can settle/);
});

test("an error at the top level is printed with its mapped stack, and the status is 1", async () => {
  const source = `function inner(): never {\n  throw new RangeError("bad");\n}\n\ninner();\n`;
  const { script, sourceMap } = await bundleText(source);
  for (const text of [source, `await null;\n${source}`]) {
    const bundle = text === source ? { script, sourceMap } : await bundleText(text);
    const app = new Compartment(await compartmentParts()).start(bundle.script);
    assert.equal(app.exitStatus, 1);
    const offset = text === source ? 0 : 1;
    const mapped = mapStackText(app.errors, bundle.sourceMap);
    assert.match(mapped, new RegExp(`^Uncaught RangeError: bad\\n {4}at inner \\(app\\.ts:${2 + offset}:`));
    assert.match(mapped, new RegExp(`app\\.ts:${5 + offset}:1`));
  }
});

test("an error in a timer's callback is printed, and a server goes on", async () => {
  const app =
    await startApp(`setTimeout(() => { throw new Error("tick"); }, 1); setTimeout(() => console.log("next"), 2);
    export default { fetch: () => new Response("x") };`);
  app.runAlarms();
  assert.match(app.errors, /Uncaught Error: tick\n {4}at /);
  assert.equal(app.output, "next\n");
  assert.equal(app.request("/").status, 200);
});

test("the console shows values as people read them", async () => {
  const app = await startApp(`class Point { x = 1; #y = 2; get z() { return 3; } }
    const loop: any = { name: "loop" }; loop.self = loop;
    const lines: unknown[][] = [
      ["%s is %d%% of %o", "x", 5, { a: 1 }, "rest"], [undefined, null, true, -0, 5n, Symbol("s")], [new Point(), loop],
      [[1, , 3], new Map([["k", { v: 1 }]]), new Set(["a"])], [new Uint8Array([1, 2]), new Date(0), /r/g], [() => 1, class A {}, function named() {}],
      [{ s: "it's", q: 'both " and \\'', n: "a\\nb", "odd key": 1, [Symbol("k")]: 2 }], [{ a: { b: { c: { d: 1 } } } }], [new Headers({ a: "b" }), new URL("http://a.test/")],
      [Array.from({ length: 102 }, (_, i) => i).length, new Array(3)], [{ get g() { return 1; }, set g(x) {} }], [Object.create(null)], ["just text\\0"], [],
    ];
    for (const line of lines) console.log(...line);
    console.group("group"); console.log("in\\nside"); console.groupEnd(); console.count(); console.count(); console.assert(1 === 1, "no"); 
    console.table([{ a: 1, b: "x" }, { a: 2 }]);`);
  assert.equal(
    app.output,
    [
      "x is 5% of { a: 1 } rest",
      "undefined null true -0 5n Symbol(s)",
      "Point { x: 1 } { name: 'loop', self: [Circular] }",
      "[ 1, <empty>, 3 ] Map(1) { 'k' => { v: 1 } } Set(1) { 'a' }",
      "Uint8Array(2) [ 1, 2 ] 1970-01-01T00:00:00.000Z /r/g",
      "[Function (anonymous)] [class: A] [Function: named]",
      `{ s: "it's", q: 'both " and \\'', n: 'a\\nb', 'odd key': 1, [Symbol(k)]: 2 }`,
      "{ a: { b: { c: [Object] } } }",
      "Headers { a: 'b' } URL { href: 'http://a.test/' }",
      "102 [ <empty>, <empty>, <empty> ]",
      "{ g: [Getter/Setter] }",
      "[Object: null prototype] {}",
      "just text\0",
      "",
      "group",
      "  in",
      "  side",
      "default: 1",
      "default: 2",
      "┌─────────┬───┬─────┐",
      "│ (index) │ a │ b   │",
      "├─────────┼───┼─────┤",
      "│ 0       │ 1 │ 'x' │",
      "│ 1       │ 2 │     │",
      "└─────────┴───┴─────┘",
      "",
    ].join("\n"),
  );
});

test("a value that throws when it is looked at does not fail the console", async () => {
  const app = await startApp(`console.log(1, new Proxy({}, { ownKeys() { throw new Error("no"); } }), 2);`);
  assert.equal(app.output, "1 [not inspectable] 2\n");
  const within = await startApp(`
    const broken = new Proxy({}, { ownKeys() { throw new Error("no"); } });
    console.log({ a: 1, broken, list: [broken, 2], of: new Map([[1, broken]]) });`);
  const shown = "{ a: 1, broken: B, list: [ B, 2 ], of: Map(1) { 1 => B } }";
  assert.equal(within.output.replace(/\s+/g, " ").trim(), shown.replaceAll("B", "[not inspectable]"));
});

test("of a stack that overflowed, the innermost frames are shown", async () => {
  const app = await startApp(`const f = (n: number): number => f(n + 1) + 1;
    try { f(0); } catch (error) { console.error(error); }`);
  const lines = app.errors.trimEnd().split("\n");
  assert.equal(lines.length, 22);
  assert.match(lines.at(-1)!, /\.\.\. \d+ more$/);
});

test("errors show their name, message, stack, cause and fields", async () => {
  const app =
    await startApp(`const e: any = new TypeError("outer", { cause: new Error("inner") }); e.code = 7; console.error(e);
    console.error(new AggregateError([new Error("one")], "all")); console.error({ e: new DOMException("m", "AbortError") });`);
  const text = app.errors.replace(/\n *at [^{\n]*/g, " ");
  assert.equal(
    text,
    [
      "TypeError: outer {",
      "  code: 7,",
      "  [cause]: Error: inner ",
      "}",
      "AggregateError: all {",
      "  [errors]: [",
      "    Error: one ",
      "  ]",
      "}",
      "{",
      "  e: AbortError: m ",
      "}",
      "",
    ].join("\n"),
  );
});

test("microtasks that never end let the kernel have its turn, and what is left goes on by the alarm", async () => {
  const app =
    await startApp(`let stop = false; const spin = (): Promise<void> => Promise.resolve().then(() => stop ? undefined : spin());
    void spin(); setTimeout(() => { stop = true; console.log("stopped"); }, 1);
    export default { fetch: () => new Response("alive") };`);
  assert.ok(app.alarmAt >= 0n);
  assert.equal(app.request("/").status, 200);
  app.nowMs += 5;
  app.runAlarms();
  assert.equal(app.output, "stopped\n");
});

test("the jobs of a timer run before the next one, and a timer that is cut off takes none with it", async () => {
  const app = await startApp(`
    for (const name of ["a", "b"]) setTimeout(() => { console.log(name); Promise.resolve().then(() => console.log("job of", name)); }, 1);
    setTimeout(() => { for (;;); }, 2); setTimeout(() => console.log("after"), 2); setTimeout(() => console.log("later"), 30);
    export default { fetch: () => new Response("x") };`);
  app.nowMs += 1;
  app.fireAlarm();
  assert.equal(app.output, "a\njob of a\nb\njob of b\n");
  app.output = "";
  let calls = 0;
  app.clock = () => (app.nowMs += calls++ > 1 ? 1000 : 1);
  app.fireAlarm();
  app.clock = undefined;
  assert.match(app.errors, /interrupted/);
  app.runAlarms();
  assert.equal(app.output, "after\nlater\n");
});

test("the date is the kernel's, in UTC, and performance counts from the start", async () => {
  const app =
    await startApp(`console.log(new Date().toISOString(), new Date(2024, 1, 29, 12).toISOString(), new Date().getTimezoneOffset(),
    new Date(1e12).toString(), performance.now(), performance.timeOrigin === Date.now() - performance.now());`);
  assert.equal(
    app.output,
    "2023-11-14T22:13:21.000Z 2024-02-29T12:00:00.000Z 0 Sun Sep 09 2001 01:46:40 GMT+0000 1000 true\n",
  );
});
