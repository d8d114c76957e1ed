/** A guest's control records: any bytes are lines, any line is a record, and all text of a report stays on its lines. */
import assert from "node:assert/strict";
import { CrashReports } from "../src/targets/crash-report.ts";
import { LineReader, parseControlRecord } from "../src/targets/native/control-records.ts";
import { testImage } from "../src/targets/native/test-image.ts";
import type { FuzzTarget } from "./target.ts";

const seed = (text: string) => new Uint8Array(Buffer.from(text));
const image = testImage([]);

export const target: FuzzTarget = {
  name: "control-records",
  corpus: [
    seed("started\nexit 134\n"),
    seed("abort 0 no such key (main.ts:3:5)\ntrap 0 100 1f0 0 8:20 28:1a3\n"),
    seed("trap kernel e 1f0 fffffffffffffff0 8:20 28:1a3\nexit 70\n"),
  ],
  run(input) {
    const reports = new CrashReports(image, image.native!);
    const reader = new LineReader((line) => {
      const record = parseControlRecord(line);
      if (record.kind === "exit") assert.ok(Number.isSafeInteger(record.status) && record.status >= 0);
      const report = reports.take(record);
      assert.ok(report === undefined || /^[^\p{Cc}]*\n$/u.test(report), report);
    });
    reader.push(input);
    reader.push(seed("\n"));
  },
};
