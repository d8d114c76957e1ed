import test from "node:test";
import assert from "node:assert/strict";
import { Assembler, textProposal } from "./assembler.ts";

const assembler = await Assembler.load();

const EMPTY = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

test("text becomes bytes, with or without (module ...)", () => {
  for (const text of ["(module)", "", ";; nothing"]) {
    const assembled = assembler.assemble(text);
    assert.deepEqual(assembled.kind === "bytes" && [...assembled.bytes], EMPTY, text);
  }
});

test("text may hold bytes of UTF-8", () => {
  const text = Buffer.from('(func (export "é"))').toString("latin1");
  const assembled = assembler.assemble(text);
  assert.ok(assembled.kind === "bytes");
  assert.ok(Buffer.from(assembled.bytes).includes(Buffer.from("é")));
});

test("old spellings are tried when the text as it stands is refused", () => {
  assert.equal(assembler.assemble("(func (result i32) (block i32 (i32.const 1)))").kind, "bytes");
  assert.equal(assembler.assemble("(table 1 (ref null func))").kind, "bytes");
});

test("text of a proposal is named, text that nothing explains is refused", () => {
  assert.deepEqual(assembler.assemble("(type (struct))"), { kind: "unsupported", proposal: "gc" });
  assert.deepEqual(assembler.assemble('(memory 1) (memory 1) (data (memory 1) (i32.const 0) "a")'), {
    kind: "unsupported",
    proposal: "multi-memory",
  });
  const refused = assembler.assemble("(func (i32.load32_s))");
  assert.match(refused.kind === "refused" ? refused.message : "", /i32\.load32_s/);
  assert.equal(textProposal("(func"), undefined);
});
