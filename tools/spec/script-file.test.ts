import test from "node:test";
import assert from "node:assert/strict";
import { readScript } from "./script-file.ts";
import { DEVIATIONS } from "./tables/deviations.ts";
import { isListed } from "./unsupported.ts";

test("a file called .fail.wast shall be refused", () => {
  const bytes = Buffer.from("(module (func (result i32)))");
  assert.deepEqual(
    ["a.wast", "a.fail.wast"].map((name) => readScript(name, bytes)[0]!.kind),
    ["module", "refused"],
  );
});

test("a file that is nobody's deviation is read as it stands", () => {
  const bytes = Buffer.from('(assert_return (invoke "f") (f32.const nan))');
  const [command] = readScript("simd.wast", bytes);
  assert.ok(command?.kind === "returns");
  assert.deepEqual(command.expected[0], {
    kind: "lanes",
    type: 0x7d,
    laneBits: 32,
    float: true,
    lanes: [0x7fc00000n],
  });
});

test("deviations name digests and listed reasons", () => {
  for (const [digest, { commands }] of Object.entries(DEVIATIONS)) {
    assert.match(digest, /^[0-9a-f]{64}$/);
    assert.ok(Object.values(commands ?? {}).every(isListed));
  }
});
