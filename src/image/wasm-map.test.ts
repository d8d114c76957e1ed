import test from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readWasmMap } from "./wasm-map.ts";

/** Byte 16 is line 3 column 5, byte 32 line 4 column 1, both counted from 1. */
const MAP = JSON.stringify({
  version: 3,
  sources: ["src/main.ts"],
  names: [],
  mappings: "gBAEI,gBACJ",
});

test("a byte of the module becomes a place, wherever the map is", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
  try {
    writeFileSync(path.join(folder, "main.wasm.map"), MAP);
    const module = path.join(folder, "main.wasm");
    const source = path.join(folder, "src/main.ts");
    const data = `data:application/json;base64,${Buffer.from(MAP).toString("base64")}`;
    for (const url of ["./main.wasm.map", MAP, data, `data:,${encodeURIComponent(MAP)}`]) {
      const placeOf = readWasmMap(module, url);
      assert.equal(placeOf?.(16), `${source}:3:5`, url);
      assert.equal(placeOf?.(31), `${source}:3:5`);
      assert.equal(placeOf?.(32), `${source}:4:1`);
      assert.equal(placeOf?.(3), undefined);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a map that is absent or broken gives no places", () => {
  assert.equal(readWasmMap("main.wasm", undefined), undefined);
  assert.equal(readWasmMap("main.wasm", "./nowhere.map"), undefined);
  assert.equal(readWasmMap("main.wasm", "{broken"), undefined);
});
