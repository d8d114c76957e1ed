import test from "node:test";
import assert from "node:assert/strict";
import { escapeControls } from "./escape-controls.ts";

test("what ends a line or moves a terminal's cursor is written as an escape, all else as it is", () => {
  assert.equal(escapeControls("a\nb\u001b[31m\u202ec\u2028"), "a\\u{a}b\\u{1b}[31m\\u{202e}c\\u{2028}");
  assert.equal(escapeControls("añ😀 <T>~x"), "añ😀 <T>~x");
});
