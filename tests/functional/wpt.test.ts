/** The Web Platform Tests that Debian ships with Node.js pass inside the engine: none of an area's subtests is lost. */
import test from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./skerry.ts";

const run = promisify(execFile);
const WPT = path.join(ROOT, "tools/wpt");
/** What is quick; signatures and key derivation, which are not, are for `npm run wpt`. */
const FILTERS = [
  "url/",
  "encoding/",
  "streams/",
  "dom/",
  "html/",
  "hr-time/",
  "FileAPI/",
  "WebCryptoAPI/digest/",
  "WebCryptoAPI/encrypt_decrypt/aes_cbc",
  "WebCryptoAPI/import_export/symmetric",
];
/** What passes today; fewer would mean that something broke, or that files were not found. */
const PASSED_AT_LEAST: Readonly<Record<string, number>> = {
  url: 1971,
  encoding: 11561,
  streams: 1223,
  WebCryptoAPI: 435,
  "dom/events": 40,
  "dom/abort": 31,
  timers: 8,
  "structured-clone": 107,
  microtasks: 6,
  base64: 380,
  "hr-time": 34,
  FileAPI: 152,
};

interface Count {
  readonly area: string;
  readonly passed: number;
  readonly failed: number;
}

test("the Web Platform Tests pass inside the engine", async () => {
  const fetched = await run(path.join(WPT, "fetch-debian.sh"), [path.join(ROOT, ".cache/wpt-debian")]);
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-wpt-"));
  try {
    const json = path.join(directory, "wpt.json");
    const filters = FILTERS.flatMap((filter) => ["--filter", filter]);
    const args = ["--import", path.join(ROOT, "tools/typescript.mjs"), path.join(WPT, "run.ts")];
    // Status 1 is an area below the goal: what was counted says which.
    await run(process.execPath, [...args, fetched.stdout.trim(), "--json", json, ...filters]).catch(
      () => undefined,
    );
    const { areas, failures } = JSON.parse(readFileSync(json, "utf8")) as {
      areas: Count[];
      failures: object[];
    };
    const passed = Object.fromEntries(areas.map((count) => [count.area, count.passed]));
    for (const [area, least] of Object.entries(PASSED_AT_LEAST)) {
      assert.ok(
        (passed[area] ?? 0) >= least,
        `${area}: ${passed[area]} of ${least}\n${JSON.stringify(failures)}`,
      );
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
