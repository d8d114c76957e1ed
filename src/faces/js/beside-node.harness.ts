/** The Web's interfaces in the engine beside Node's own: the same expressions must give the same results. */
import assert from "node:assert/strict";
import { startApp } from "./compartment.harness.ts";

/** Evaluates each expression in Node and in the engine: JSON of its value, or the name of what it throws. */
export async function compare(expressions: readonly string[], setup = ""): Promise<void> {
  const evaluateAll = `(async (sources) => {
    const results = [];
    for (const source of sources) {
      let value;
      try { value = await (0, eval)("(async () => {" + ${JSON.stringify(setup)} + "; return (" + source + ");})()"); }
      catch (error) { value = "throws " + error.name; }
      results.push(JSON.stringify(value) ?? "undefined");
    }
    return results;
  })`;
  const wanted = (await (0, eval)(evaluateAll)(expressions)) as string[];
  const app = await startApp(
    `declare const eval: any;
     const results = await (${evaluateAll} as any)(${JSON.stringify(expressions)});
     for (const result of results) console.log(encodeURIComponent(result.toWellFormed()));`,
  );
  app.runAlarms();
  assert.equal(app.errors, "");
  const found = app.output.trimEnd().split("\n").map(decodeURIComponent);
  for (const [index, expression] of expressions.entries()) {
    assert.equal(found[index], wellFormed(wanted[index]!), expression);
  }
}

/** Lone surrogates do not survive the way through the console. */
const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, "\ufffd");
