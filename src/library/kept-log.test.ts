import test from "node:test";
import assert from "node:assert/strict";
import { KeptLog } from "./kept-log.ts";

test("a log is heard from its beginning to its end, by line and stream, by as many as listen", async () => {
  const log = new KeptLog();
  const hear = async (): Promise<string[]> => {
    const heard: string[] = [];
    for await (const { stream, text } of log) heard.push(`${stream}: ${text}`);
    return heard;
  };
  const early = hear();
  log.push(1, "one\ntw");
  log.push(2, "bad\n");
  await new Promise((resolve) => setImmediate(resolve));
  log.push(1, "o\n\nlast");
  const late = hear();
  log.end();
  const all = ["output: one", "errors: bad", "output: two", "output: ", "output: last"];
  assert.deepEqual(await early, all);
  assert.deepEqual(await late, all);
  assert.equal(log.text, "one\ntwbad\no\n\nlast");
});

test("a log that talks without end keeps its last MiB", async () => {
  const log = new KeptLog();
  for (let line = 0; line < 3000; line++) log.push(1, `${String(line).padStart(999, ".")}\n`);
  log.end();
  let count = 0;
  let last = "";
  for await (const { text } of log) {
    count++;
    last = text;
  }
  assert.ok(count > 1000 && count < 1050, `${count} lines`);
  assert.match(last, /2999$/);
  assert.equal(log.text.length, 1024 * 1024);
});
