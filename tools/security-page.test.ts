/** SECURITY.md tells the truth about its own tests: every file that it names is there, every row says how it stands. */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const ROOT = path.resolve(import.meta.dirname, "..");
const PAGE = readFileSync(path.join(ROOT, "SECURITY.md"), "utf8");
const ROWS = 46;
const NAMED = /`([\w./-]+\.ts)`/g;

interface Row {
  readonly number: number;
  readonly files: readonly string[];
  readonly state: string;
}

function rowsOf(page: string): readonly Row[] {
  return [...page.matchAll(/^\| (\d+) +\|[^|]*\|([^|]*)\|([^|]*)\|$/gm)].map(([, number, files, state]) => ({
    number: Number(number),
    files: [...files!.matchAll(NAMED)].map((match) => match[1]!),
    state: state!.trim(),
  }));
}

/** What is wrong with a row; undefined where nothing is. */
function fault({ number, files, state }: Row): string | undefined {
  const missing = files.find((file) => !existsSync(path.join(ROOT, file)));
  if (missing !== undefined) return `${number}: there is no ${missing}`;
  if (!/^(tested|in part: |not yet)/.test(state)) return `${number}: "${state}" is no state`;
  if (state.startsWith("not yet") !== (files.length === 0))
    return `${number}: ${state}, by ${files.length} files`;
  return undefined;
}

test("every row is there, names tests that are there, and says how it stands", () => {
  const rows = rowsOf(PAGE);
  assert.deepEqual(
    rows.map(({ number }) => number),
    Array.from({ length: ROWS }, (_, index) => index + 1),
  );
  assert.deepEqual(
    rows.map(fault).filter((text) => text !== undefined),
    [],
  );
});

test("a file that is not there, and a claim without a test, are found (the control)", () => {
  const row = (files: string, state: string) => rowsOf(`| 1 | what | ${files} | ${state} |`).map(fault)[0];
  assert.match(row("`tests/security/nothing.test.ts`", "tested")!, /there is no/);
  assert.match(row("", "tested")!, /by 0 files/);
  assert.match(row("`tools/tidy.test.ts`", "surely")!, /no state/);
  assert.equal(row("`tools/tidy.test.ts`", "tested"), undefined);
});

test("every link leads to a file that is there", () => {
  const targets = [...PAGE.matchAll(/\]\((?!https?:)([^)#]+)(#[^)]*)?\)/g)].map((match) => match[1]!);
  assert.ok(targets.length > 0);
  assert.deepEqual(
    targets.filter((target) => !existsSync(path.join(ROOT, target))),
    [],
  );
});

test("every security test stands in the folder's own list", () => {
  const folder = path.join(ROOT, "tests/security");
  const list = readFileSync(path.join(folder, "README.md"), "utf8");
  const tests = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
  assert.deepEqual(
    tests.filter((name) => !list.includes(`\`${name}\``)),
    [],
  );
});
