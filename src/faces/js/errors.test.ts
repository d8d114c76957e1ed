/** Errors as programs and packages make them. */
import test from "node:test";
import assert from "node:assert/strict";
import { startApp, textOf } from "./compartment.harness.ts";

test("a package marks where an error was made, and by whom it was asked for", async () => {
  const app = await startApp(`
    const { captureStackTrace } = Error as any;
    class Own { stack!: string; constructor() { captureStackTrace(this, Own); } }
    function made() { return new Own(); }
    function asked() { const error: any = new Error("x"); captureStackTrace(error, asked); return error; }
    function outer() { return asked(); }
    const names = (error: { stack: string }) => error.stack.split("\\n").slice(1).map((frame) => /at (\\S+) /.exec(frame)?.[1]).slice(0, 2);
    const plain: any = {};
    captureStackTrace(plain);
    console.log(JSON.stringify([names(made()), names(outer()), Object.keys(plain), asked() instanceof Error]));
    try { captureStackTrace(1); } catch (error) { console.log(error instanceof TypeError); }`);
  assert.equal(app.errors, "");
  const [told, refused] = app.output.split("\n");
  const [made, outer, keys, isError] = JSON.parse(told!) as [string[], string[], string[], boolean];
  assert.deepEqual([made[0], outer[0], keys, isError], ["made", "outer", [], true]);
  assert.equal(refused, "true");
});

test("a stack begins with what happened, for errors of the program's, of the engine's and of the Web's", async () => {
  const app = await startApp(`
    const caught = (make: () => unknown): any => { try { make(); } catch (error) { return error; } };
    class Own extends TypeError { constructor(message: string) { super(message); this.name = "Own"; } }
    const late: any = new Error("early");
    late.message = "late";
    const set = new Error("x");
    set.stack = "mine";
    const all = [new Own("deep"), caught(() => (null as any).field), caught(() => JSON.parse("{")), late, new Error(),
      new DOMException("gone", "AbortError"), set];
    console.log(JSON.stringify(all.map((error) => error.stack!.split("\\n").slice(0, 2).map((line) => line.replace(/ \\(.*/, "")))));
    console.log(JSON.stringify([Object.keys(late), "stack" in {}, (Error.prototype as any).stack, set.stack, { ...late }]));
    console.error(late, set, Object.assign(new Error("titled"), { stack: "Other: titled\\n    at there (far.ts:1:2)" }));`);
  const [stacks, others] = app.output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  const [own, thrown, parsed, ...rest] = stacks as string[][];
  assert.deepEqual(own, ["Own: deep", "    at Own"]);
  assert.deepEqual(thrown![0], "TypeError: cannot read property 'field' of null");
  assert.match(parsed![0]!, /^SyntaxError: ./);
  assert.deepEqual(
    rest.map(([title]) => title),
    ["Error: late", "Error", "AbortError: gone", "mine"],
  );
  for (const [, frame] of [thrown!, parsed!, ...rest.slice(0, -1)]) assert.match(frame!, /^ {4}at /);
  assert.deepEqual(others, [[], false, null, "mine", {}]);
  assert.match(app.errors, /^Error: late\n {4}at [^\n]* mine Other: titled\n {4}at there/);
});

test("where the face has no memory for what it should give, the program hears of memory", async () => {
  const app = await startApp(`
    const hold = (make: () => unknown): string => {
      const all: unknown[] = [];
      try { for (;;) all.push(make()); } catch (error: any) { all.length = 0; return error.message + (error instanceof RangeError); } };
    const text = "x".repeat(3_000_000);
    const encoder = new TextEncoder();
    export default { fetch() {
      return new Response(hold(() => encoder.encode(text))); } };`);
  assert.equal(textOf(app.request("/")), "out of memorytrue");
});
