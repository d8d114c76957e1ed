import test from "node:test";
import assert from "node:assert/strict";
import { ConsoleText } from "./console-text.ts";

const ESCAPE = "\x1b";
const shown = (text: string): string => new ConsoleText().next(text);

test("text, lines and colours are told as they are", () => {
  const plain = "a\tb\r\n50 %\b\bκόσμε 🪨\n";
  const coloured = `${ESCAPE}[31mred${ESCAPE}[0m ${ESCAPE}[38;2;1;2;3mtrue${ESCAPE}[m ${ESCAPE}[4:3mcurly`;
  for (const text of [plain, coloured]) assert.equal(shown(text), text);
});

test("what else a terminal obeys is shown, and not obeyed", () => {
  const orders = [
    ["a title", `${ESCAPE}]0;root@host\x07`],
    ["the clipboard", `${ESCAPE}]52;c;cm0gLXJmIC8=${ESCAPE}\\`],
    ["a question", `${ESCAPE}[c`],
    ["a question with an answer of the guest's", `${ESCAPE}P$q\x1b\\`],
    ["a screen wiped", `${ESCAPE}[2J${ESCAPE}[H`],
    ["a command in one byte", "\x9b2J\x9d0;x\x9c"],
    ["a reset", `${ESCAPE}c`],
    ["another alphabet", "\x0e"],
    ["no colours but a private order", `${ESCAPE}[?25m${ESCAPE}[>4;2m`],
  ] as const;
  for (const [name, text] of orders)
    assert.doesNotMatch(shown(`${text}x`), /[\0-\x07\x0e-\x1f\x7f-\x9f]/, name);
  assert.equal(shown(`${ESCAPE}]0;x\x07`), "\\u{1b}]0;x\\u{7}");
});

test("however it is cut, the same is told", () => {
  const text = `a${ESCAPE}[1;31mb${ESCAPE}]0;c\x07d${ESCAPE}[2Je${ESCAPE}${ESCAPE}[0mf`;
  const whole = shown(text);
  for (let size = 1; size < text.length; size++) {
    const console = new ConsoleText();
    let told = "";
    for (let at = 0; at < text.length; at += size) told += console.next(text.slice(at, at + size));
    assert.equal(told, whole, `in pieces of ${size}`);
  }
});

test("what might become a colour is not held for ever", () => {
  const long = `${ESCAPE}[${"1;".repeat(40)}`;
  assert.ok(shown(long).startsWith("\\u{1b}[1;"));
});
