import test from "node:test";
import assert from "node:assert/strict";
import { UserError } from "../image/user-error.ts";
import { nearest } from "../library/nearest.ts";
import { defineCommand, parseWords } from "./command.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { StatusLine, styled, wrap } from "./terminal.ts";

const OPTIONS = {
  output: { value: "FILE", short: "o", help: "where to write what this command makes of its input" },
  target: { value: "NAME", help: "where" },
  fast: { help: "no pauses" },
  add: { value: "X", repeats: true, help: "one more" },
  secret: { isHidden: true, help: "" },
} as const;
const paint = defineCommand({
  name: "paint",
  usage: ["ENTRY [options]"],
  summary: "paint a boat",
  about: ["Paints ENTRY, which is a boat, in the colours that it had when it was new."],
  options: OPTIONS,
  tail: "invoke",
  examples: ["skerry paint boat"],
  run: async () => 0,
});
const parse = (...words: string[]) => parseWords({ name: "paint", options: OPTIONS, tail: "invoke" }, words);
const sink = (columns: number, isTTY = false) => {
  const written: string[] = [];
  return { columns, isTTY, written, write: (text: string) => written.push(text) };
};

test("words become values by the table, and the tail takes all behind it", () => {
  const { values, positionals, tail } = parse(
    "boat",
    "-o",
    "x",
    "--fast",
    "--add=1",
    "--add",
    "2",
    "--invoke",
    "-o",
    "--x",
  );
  assert.deepEqual({ ...values }, { output: "x", fast: true, add: ["1", "2"] });
  assert.deepEqual(positionals, ["boat"]);
  assert.deepEqual(tail, ["--invoke", "-o", "--x"]);
});

test("an option that is nearly right is answered with the right one", () => {
  const hint = (word: string): string => {
    try {
      parse(word);
    } catch (error) {
      assert.ok(error instanceof UserError);
      return `${error.message}; ${error.hint}`;
    }
    return "";
  };
  assert.equal(
    hint("--tagret"),
    "skerry paint has no option --tagret; did you mean --target? see skerry paint --help",
  );
  assert.match(hint("--out"), /did you mean --output/);
  assert.doesNotMatch(hint("--zebra"), /did you mean/);
  assert.equal(nearest("biuld", ["run", "build"]), "build");
  assert.equal(nearest("x", ["run", "build"]), undefined);
});

test("help is as wide as its terminal, whatever that is", () => {
  for (const columns of [40, 60, 80, 200]) {
    const lines = commandHelp(paint, sink(columns)).split("\n");
    assert.ok(
      lines.every((line) => line.length <= Math.min(columns, 100)),
      `${columns}: ${lines.join("\n")}`,
    );
    assert.deepEqual(
      lines.filter((line) => line.includes("secret")),
      [],
    );
    assert.match(lines.join("\n"), /-o, --output FILE/);
    assert.match(generalHelp([paint], sink(columns)), /paint {2}paint a boat/);
  }
  assert.equal(wrap("one two three", 7, " "), "one two\n three");
});

test("a pipe gets neither colours nor a line that is written over, and NO_COLOR is heard", () => {
  const [pipe, terminal] = [sink(80), sink(10, true)];
  new StatusLine(pipe).show("working");
  assert.deepEqual(pipe.written, []);
  assert.equal(styled(pipe, "red", "x"), "x");
  const before = process.env["NO_COLOR"];
  process.env["NO_COLOR"] = "1";
  try {
    assert.equal(styled(terminal, "red", "x"), "x");
    const line = new StatusLine(terminal);
    line.show("working on it");
    line.clear();
    line.clear();
    assert.deepEqual(terminal.written, ["\r\x1b[2Kworking …", "\r\x1b[2K"]);
    delete process.env["NO_COLOR"];
    assert.equal(styled(terminal, "red", "x"), "\x1b[31mx\x1b[0m");
  } finally {
    if (before === undefined) delete process.env["NO_COLOR"];
    else process.env["NO_COLOR"] = before;
  }
});
