/** Counts of what passed and failed, area by area, and how they are printed. */
import { testName } from "./plan.ts";
import type { FileResult, Subtest } from "./session.ts";
import { AREAS } from "./tables/areas.ts";
import { exclusionOf } from "./tables/exclusions.ts";

export interface Count {
  readonly area: string;
  passed: number;
  failed: number;
  /** Failed, and in the table of exclusions: a listed subtest that passes counts as passed. */
  excluded: number;
}

export class Report {
  readonly #counts = new Map<string, Count>();
  readonly reasons = new Map<string, number>();

  /** Gives back the subtests that failed. */
  add({ test, subtests }: FileResult): Subtest[] {
    const count = this.#countOf(test.area);
    return subtests.filter((subtest) => {
      if (subtest.passed) {
        count.passed++;
        return false;
      }
      const exclusion = exclusionOf(testName(test), subtest.name);
      if (exclusion === undefined) {
        count.failed++;
        return true;
      }
      count.excluded++;
      this.reasons.set(exclusion.reason, (this.reasons.get(exclusion.reason) ?? 0) + 1);
      return false;
    });
  }

  #countOf(area: string): Count {
    const known = this.#counts.get(area);
    if (known !== undefined) return known;
    const count = { area, passed: 0, failed: 0, excluded: 0 };
    this.#counts.set(area, count);
    return count;
  }

  counts(): Count[] {
    return AREAS.flatMap(({ name }) => this.#counts.get(name) ?? []);
  }

  total(): Count {
    const total = { area: "all", passed: 0, failed: 0, excluded: 0 };
    for (const { passed, failed, excluded } of this.#counts.values()) {
      total.passed += passed;
      total.failed += failed;
      total.excluded += excluded;
    }
    return total;
  }

  text(): string {
    const rows = [...this.counts(), this.total()].map((count) => {
      const { area, passed, failed, excluded } = count;
      return [area, String(passed), String(failed), String(excluded), `${share(count).toFixed(1)} %`];
    });
    const table = [["area", "passed", "failed", "excluded", "passed"], ...rows];
    const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
    const line = (row: readonly string[]) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join("  ");
    const reasons = [...this.reasons].map(([reason, count]) => `  ${count}: ${reason}`);
    if (reasons.length > 0) reasons.unshift("", "excluded:");
    return [...table.map(line), ...reasons].join("\n");
  }
}

/** Passed of passed and failed, in percent. */
export function share({ passed, failed }: Count): number {
  return passed + failed === 0 ? 100 : (100 * passed) / (passed + failed);
}
