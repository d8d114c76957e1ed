import test from "node:test";
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { LogWriter, readLog } from "./log-file.ts";

const folder = (): string => mkdtempSync(path.join(os.tmpdir(), "skerry-log-"));
const entry = (text: string) => ({ at: 1, stream: "output", text }) as const;

async function texts(home: string, isOver = () => true): Promise<string[]> {
  const found: string[] = [];
  for await (const { text } of readLog(home, isOver)) found.push(text);
  return found;
}

test("a log is read as it was written, a line that a kill cut off left out", async () => {
  const home = folder();
  try {
    assert.deepEqual(await texts(home), []);
    const log = new LogWriter(home);
    log.write(entry("one\n"));
    log.write(entry("zwei €\n"));
    appendFileSync(path.join(home, "log"), '{"at":1,"str');
    assert.deepEqual(await texts(home), ["one\n", "zwei €\n"]);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test("who follows hears all, through every change of files, and the size is bounded", async () => {
  const home = folder();
  try {
    const log = new LogWriter(home);
    const line = "x".repeat(100_000);
    let written = 0;
    const heard = await texts(home, () => {
      if (written === 90) return true;
      for (let count = 0; count < 10; count++) log.write(entry(`${written++} ${line}`));
      return false;
    });
    assert.deepEqual(
      heard.map((text) => Number(text.split(" ")[0])),
      Array.from({ length: 90 }, (_, at) => at),
    );
    assert.deepEqual(readdirSync(home).sort(), ["log", "log.1"]);
    for (const name of ["log", "log.1"]) assert.ok(statSync(path.join(home, name)).size <= 2 * 1024 * 1024);
  } finally {
    rmSync(home, { recursive: true });
  }
});
