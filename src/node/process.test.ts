/** The environment as programs and packages look at it. */
import test from "node:test";
import assert from "node:assert/strict";
import { startApp } from "../faces/js/compartment.harness.ts";

test("NODE_ENV is production however it is looked up, and to ask for it reads no environment", async () => {
  const app = await startApp(`
    const { NODE_ENV, DEBUG } = process.env;
    const looked = [NODE_ENV, process.env["NODE_ENV"], (globalThis as any).process?.env.NODE_ENV, DEBUG];
    console.log(JSON.stringify(looked), JSON.stringify({ ...process.env }), "NODE_ENV" in process.env);
    process.env.NODE_ENV = "test";
    const key = "NODE_ENV";
    console.log(process.env[key]);`);
  assert.equal(app.errors, "");
  assert.equal(
    app.output,
    `["production","production","production",null] {"NODE_ENV":"production"} true\ntest\n`,
  );
});
