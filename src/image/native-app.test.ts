import test from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildNativeApp } from "./native-app.ts";
import { UserError } from "./user-error.ts";

const APP = `import { exit } from "skerry/native/app";
import { STATUS } from "./status";
export function start(): void {
  exit(STATUS);
}
`;

test("an app is compiled again when any of its files changed, and only then", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-native-"));
  const before = process.env["SKERRY_CACHE"];
  process.env["SKERRY_CACHE"] = path.join(folder, "cache");
  try {
    const entry = path.join(folder, "main.ts");
    const status = path.join(folder, "status.ts");
    writeFileSync(entry, APP);
    writeFileSync(status, "export const STATUS = 3;\n");
    const first = await buildNativeApp(entry);
    assert.ok(first.inputs.includes(status));
    assert.deepEqual(await buildNativeApp(entry), first);
    writeFileSync(status, "export const STATUS = 4;\n");
    const second = await buildNativeApp(entry);
    assert.notDeepEqual(second.wasm, first.wasm);
    writeFileSync(status, "export const STATUS = ;\n");
    await assert.rejects(buildNativeApp(entry), UserError);
    writeFileSync(status, "export const STATUS = 3;\n");
    assert.deepEqual((await buildNativeApp(entry)).wasm, first.wasm);
  } finally {
    if (before === undefined) delete process.env["SKERRY_CACHE"];
    else process.env["SKERRY_CACHE"] = before;
    rmSync(folder, { recursive: true });
  }
});
