import test from "node:test";
import assert from "node:assert/strict";
import { assemble } from "../../../../tools/assembly-test.ts";

test("order holds for half the circle, across the wrap too", async () => {
  const kernel = await assemble(
    "net/tcp/sequence.harness.ts",
    `export { before, after, atOrBefore, atOrAfter, later } from "./sequence";`,
  );
  for (const base of [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]) {
    for (const distance of [1, 2, 1460, 0x7ffffffe]) {
      const ahead = (base + distance) >>> 0;
      assert.ok(kernel.before(base, ahead) && kernel.after(ahead, base), `${base} + ${distance}`);
      assert.ok(!kernel.before(ahead, base) && !kernel.after(base, ahead));
      assert.ok(kernel.atOrBefore(base, ahead) && kernel.atOrAfter(ahead, base));
      assert.equal(kernel.later(base, ahead) >>> 0, ahead);
      assert.equal(kernel.later(ahead, base) >>> 0, ahead);
    }
    assert.ok(!kernel.before(base, base) && !kernel.after(base, base));
    assert.ok(kernel.atOrBefore(base, base) && kernel.atOrAfter(base, base));
  }
});
