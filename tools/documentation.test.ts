/**
 * What is written down is there: links lead to files and headings, commands and options are the program's own, and the
 * guide lists every option that help does. Its code: tests/functional/documentation.test.ts
 *
 * The list of options is written by `SKERRY_BLESS=1 npm test -- documentation`.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import prettier from "prettier";
import { parseWords, type Command } from "../src/cli/command.ts";
import { optionName } from "../src/cli/help.ts";
import { allCommands } from "../src/cli/main.ts";
import { wordsOf } from "./documentation/shell-words.ts";
import { anchorsOf, codeOf, linksOf, pagesOf } from "./documentation/pages.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const PAGES = pagesOf(ROOT);
const COMMANDS_PAGE = "docs/guide/commands.md";
const SHELL_FENCE = "sh";

test("every link leads to a file that is there, and to a heading in it", () => {
  const broken = PAGES.flatMap((page) =>
    linksOf(page.text)
      .filter((link) => !isThere(page.file, link))
      .map((link) => `${page.file}: ${link}`),
  );
  assert.deepEqual(broken, []);
});

function isThere(page: string, link: string): boolean {
  const [target, anchor] = link.split("#") as [string, string?];
  const file = target === "" ? page : path.join(path.dirname(page), target);
  if (!existsSync(path.join(ROOT, file))) return false;
  if (anchor === undefined || !file.endsWith(".md")) return true;
  return anchorsOf(readFileSync(path.join(ROOT, file), "utf8")).includes(anchor);
}

test("every command that is named is one, with options that it has", async () => {
  const check = commandChecker(await allCommands());
  const wrong = PAGES.flatMap(({ file, text }) =>
    commandLines(text).flatMap((line) => check(line).map((fault) => `${file}: ${line}: ${fault}`)),
  );
  assert.deepEqual(wrong, []);
});

test("a link to nothing, a script and an option that nobody has are found (the control)", async () => {
  assert.equal(isThere("README.md", "docs/nowhere.md"), false);
  assert.equal(isThere("README.md", "SECURITY.md#no-such-heading"), false);
  const check = commandChecker(await allCommands());
  assert.deepEqual(check("npm run sail"), ["no script sail"]);
  assert.match(check("skerry run server.ts --targte qemu")[0]!, /no option --targte/);
  assert.deepEqual(check("npx skerry rum server.ts"), ["no command rum"]);
  assert.deepEqual(check("npx skerry run server.ts --target qemu   # here"), []);
});

/** What begins as one of ours does: lines of shell blocks, and code within text. */
function commandLines(text: string): string[] {
  return codeOf(text)
    .filter(({ language }) => language === SHELL_FENCE || language === undefined)
    .flatMap(({ code }) => code.replaceAll("\\\n", " ").split("\n"))
    .flatMap((line) => line.split(/&&|;/))
    .map((line) => line.trim())
    .filter((line) => /^(npx )?skerry [a-z]|^npm run /.test(line));
}

/** What is wrong with a line of shell. */
function commandChecker(commands: readonly Command[]): (line: string) => string[] {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  return (line) => {
    const [program, ...rest] = wordsOf(line);
    if (program === "npm") return Object.hasOwn(scripts, rest[1]!) ? [] : [`no script ${rest[1]}`];
    const [name, ...words] = program === "npx" ? rest.slice(1) : rest;
    const command = commands.find((one) => one.name === name);
    if (command === undefined) return [`no command ${name}`];
    try {
      parseWords(command, words);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  };
}

const LIST = /(?<=<!-- options: [^\n]*-->\n)[^]*(?=<!-- end -->)/;

test("the guide lists every option of every command, as help does", async () => {
  const file = path.join(ROOT, COMMANDS_PAGE);
  const page = readFileSync(file, "utf8");
  assert.match(page, LIST);
  const commands = await allCommands();
  for (const { name } of commands) assert.match(page, new RegExp(`^\\| \`${name}\\b`, "m"), name);
  const options = await prettier.resolveConfig(file);
  const expected = await prettier.format(
    page.replace(LIST, () => `\n${optionTable(commands)}\n\n`),
    { ...options, parser: "markdown" },
  );
  if (process.env["SKERRY_BLESS"] === "1") writeFileSync(file, expected);
  assert.equal(readFileSync(file, "utf8"), expected, "SKERRY_BLESS=1 npm test -- documentation writes it");
});

/** An option that means the same in several commands has one row. */
function optionTable(commands: readonly Command[]): string {
  const rows = new Map<string, { readonly name: string; readonly help: string; readonly of: string[] }>();
  for (const command of commands) {
    for (const [option, row] of Object.entries(command.options)) {
      if (row.isHidden === true) continue;
      const name = optionName(option, row).trim();
      const known = rows.get(`${name} ${row.help}`);
      if (known === undefined) rows.set(`${name} ${row.help}`, { name, help: row.help, of: [command.name] });
      else known.of.push(command.name);
    }
  }
  const cell = (text: string): string => text.replaceAll("|", "\\|");
  const lines = [...rows.values()].map(
    ({ name, help, of }) => `| \`${cell(name)}\` | ${of.join(", ")} | ${cell(help).replaceAll("*", "\\*")} |`,
  );
  return ["| option | of | |", "| --- | --- | --- |", ...lines].join("\n");
}
