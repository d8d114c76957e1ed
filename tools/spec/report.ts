/** What came of a script: counts, failures by line, and what was not ours to test. */
import type { ProposalName } from "./unsupported.ts";

export interface Report {
  passed: number;
  readonly failures: Failure[];
  /** Commands that need an unsupported proposal, by its name. */
  readonly unsupported: Partial<Record<ProposalName, number>>;
  /** Checks of the text format, which the assembler takes: none of ours. */
  text: number;
  /** Modules refused with other words than the script's: no failures, but worth a look. */
  readonly otherWords: string[];
}

export interface Failure {
  readonly line: number;
  readonly message: string;
}

export function emptyReport(): Report {
  return { passed: 0, failures: [], unsupported: {}, text: 0, otherWords: [] };
}

export function addReport(total: Report, part: Report): void {
  total.passed += part.passed;
  total.failures.push(...part.failures);
  total.text += part.text;
  total.otherWords.push(...part.otherWords);
  for (const [name, count] of Object.entries(part.unsupported) as [ProposalName, number][]) {
    total.unsupported[name] = (total.unsupported[name] ?? 0) + count;
  }
}
