/**
 * The oracle for our modules is Node: the same expressions are evaluated in Node with its own modules, and in the engine
 * with ours, and must give the same text.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { startApp } from "../faces/js/compartment.harness.ts";

/** Text of a value that shows bytes, undefined and errors. */
const SHOW = `
const show = (value) => JSON.stringify(value, (key, one) => {
  if (one === undefined) return "(undefined)";
  if (typeof one === "bigint") return one + "n";
  if (typeof one === "number" && !Number.isFinite(one)) return String(one);
  if (one instanceof Error) return { name: one.name, code: one.code, message: one.message };
  return one;
}) ?? "(undefined)";
const evaluate = async (work) => {
  try { return show(await work()); } catch (error) { return "throws " + show(error); }
};`;

/** Evaluates each expression after `setup`, which imports what they use. */
export async function besideNode(setup: string, expressions: readonly string[]): Promise<void> {
  const list = expressions.map((one) => `async () => (${one})`).join(",\n");
  const body = `${setup}\n${SHOW}\nconst works = [${list}];
    const evaluateEach = async () => { const results = []; for (const work of works) results.push(await evaluate(work)); return results; };`;
  const wanted = await inNode(`${body}\nexport default await evaluateEach();`);
  // No top-level await: an app with an AsyncLocalStorage has none.
  const app = await startApp(`${body.replace("(value)", "(value: any)")}
    void evaluateEach().then((results) => { for (const one of results) console.log(encodeURIComponent(one.toWellFormed())); });`);
  app.runAlarms();
  assert.equal(app.errors, "");
  const found = app.output.trimEnd().split("\n").map(decodeURIComponent);
  const beside = (results: readonly (string | undefined)[]) =>
    expressions.map((expression, index) => `${expression}\n    ${results[index]}`);
  const wellFormed = wanted.map((text) => text.replace(/\p{Surrogate}/gu, "\ufffd"));
  assert.deepEqual(
    different(beside(found), beside(wellFormed)),
    different(beside(wellFormed), beside(found)),
  );
}

const different = (results: readonly string[], others: readonly string[]) =>
  results.filter((result, index) => result !== others[index]);

async function inNode(source: string): Promise<string[]> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-node-"));
  try {
    const file = path.join(directory, "module.mjs");
    writeFileSync(file, source);
    return ((await import(pathToFileURL(file).href)) as { default: string[] }).default;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
