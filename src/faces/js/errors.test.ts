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
    const names = (error: { stack: string }) => error.stack.split("\\n").map((frame) => /at (\\S+) /.exec(frame)?.[1]).slice(0, 2);
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
