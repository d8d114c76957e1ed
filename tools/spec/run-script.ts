/**
 * Runs a script on an executor and reports.
 *
 * Tests: run-script.test.ts runs small scripts whose outcome is known, on V8.
 */
import { TRAP_MESSAGES, type TrapKind } from "../../src/abi/trap.ts";
import type { Assembler } from "./assembler.ts";
import type { Executor, Outcome } from "./executor.ts";
import { plan, type ActionResult, type InstantiationResult, type Step, type Verdict } from "./plan.ts";
import { emptyReport, type Report } from "./report.ts";
import type { Command } from "./script.ts";
import { matches, showPattern, showValue } from "./value.ts";

export async function runScript(
  commands: readonly Command[],
  executor: Executor,
  assembler: Assembler,
): Promise<Report> {
  const report = emptyReport();
  const { steps, instances } = await plan(commands, executor, assembler);
  try {
    await executor.prepare(instances);
    for (const step of steps) await take(step, executor, report);
  } finally {
    await executor.stop();
  }
  return report;
}

async function take(step: Step, executor: Executor, report: Report): Promise<void> {
  switch (step.kind) {
    case "decided":
      return note(step.line, step.verdict, report);
    case "instantiate": {
      const outcome = await executor.instantiate(step.instance);
      const verdict = judgeInstantiation(outcome, step.expect);
      if (verdict.kind !== "passed" || step.expect.kind !== "success") note(step.line, verdict, report);
      return;
    }
    case "act": {
      const { action, instance } = step;
      const outcome =
        action.kind === "get"
          ? await executor.get(instance, action.name)
          : await executor.invoke(instance, action.name, action.arguments);
      let verdict = judgeAction(outcome, step.expect, printable(action.name));
      if (verdict.kind === "failed" && step.unsettled !== undefined) {
        verdict = { kind: "unsupported", proposal: step.unsettled };
      }
      if (verdict.kind !== "passed" || step.expect.kind !== "anything") note(step.line, verdict, report);
    }
  }
}

function note(line: number, verdict: Verdict, report: Report): void {
  switch (verdict.kind) {
    case "passed":
      report.passed++;
      if (verdict.otherWords !== undefined) report.otherWords.push(`${line}: ${verdict.otherWords}`);
      return;
    case "failed":
      report.failures.push({ line, message: verdict.message });
      return;
    case "text":
      report.text++;
      return;
    case "unsupported":
      report.unsupported[verdict.proposal] = (report.unsupported[verdict.proposal] ?? 0) + 1;
  }
}

/** Names of exports may hold any character. */
function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

const PASSED: Verdict = { kind: "passed" };

function judgeInstantiation(outcome: Outcome, expect: InstantiationResult): Verdict {
  switch (expect.kind) {
    case "success":
      return outcome.kind === "returned" ? PASSED : fail("instantiation", outcome);
    case "unlinkable":
      return outcome.kind === "unlinkable"
        ? PASSED
        : fail("expected to be unlinkable, but instantiation", outcome);
    case "trap":
      return judgeTrap("instantiation", outcome, expect.message);
  }
}

function judgeAction(outcome: Outcome, expect: ActionResult, name: string): Verdict {
  if (expect.kind === "trap") return judgeTrap(name, outcome, expect.message);
  if (outcome.kind !== "returned") return fail(name, outcome);
  if (expect.kind === "anything") return PASSED;
  const { values } = outcome;
  const { patterns } = expect;
  if (values.length === patterns.length && values.every((value, index) => matches(value, patterns[index]!))) {
    return PASSED;
  }
  const expected = patterns.map(showPattern).join(", ");
  return {
    kind: "failed",
    message: `${name} gave (${values.map(showValue).join(", ")}), expected (${expected})`,
  };
}

function judgeTrap(what: string, outcome: Outcome, message: string): Verdict {
  if (outcome.kind !== "trapped") return fail(`expected the trap "${message}", but ${what}`, outcome);
  if (outcome.traps.some((trap) => trapMatches(trap, message))) return PASSED;
  return fail(`expected the trap "${message}", but ${what}`, outcome);
}

/** Scripts name a trap by the beginning of its message, or add to it: "uninitialized element 2". */
function trapMatches(trap: TrapKind, message: string): boolean {
  const ours = TRAP_MESSAGES[trap];
  const theirs = TRAP_SYNONYMS[message] ?? message;
  return theirs.startsWith(ours) || ours.startsWith(theirs);
}

const TRAP_SYNONYMS: Readonly<Record<string, string>> = {
  "indirect call signature mismatch": "indirect call type mismatch",
  "undefined table index": "undefined element",
  "uninitialized table element": "uninitialized element",
  "callIndirect: function signatures don't match": "indirect call type mismatch",
};

function fail(what: string, outcome: Outcome): Verdict {
  switch (outcome.kind) {
    case "returned":
      return { kind: "failed", message: `${what} returned (${outcome.values.map(showValue).join(", ")})` };
    case "trapped":
      return { kind: "failed", message: `${what} trapped: ${outcome.message}` };
    case "unlinkable":
      return { kind: "failed", message: `${what}: unlinkable: ${outcome.message}` };
    case "failed":
      return { kind: "failed", message: `${what}: ${outcome.message}` };
  }
}
