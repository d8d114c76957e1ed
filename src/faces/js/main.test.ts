import test from "node:test";
import assert from "node:assert/strict";
import { startApp, textOf } from "./compartment.harness.ts";

test("a handler answers with text", async () => {
  const app = await startApp(`export default { fetch() { return new Response("Hello, world!\\n"); } };`);
  assert.equal(app.errors, "");
  assert.deepEqual(app.listening, [80]);
  const request = app.request("/");
  assert.equal(request.status, 200);
  assert.equal(textOf(request), "Hello, world!\n");
  assert.equal(request.fields, "content-type: text/plain;charset=UTF-8\r\n");
});
