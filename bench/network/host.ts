/** What every benchmark of the network says of the machine, and how it comes to one number. */
import os from "node:os";
import { execFileSync } from "node:child_process";

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

export function printHost(): void {
  const cpus = os.cpus();
  const commit = execFileSync("git", ["log", "-1", "--format=%h of %cs"], { cwd: import.meta.dirname })
    .toString()
    .trim();
  console.log(
    `${cpus.length} processors (${cpus[0]?.model.trim() ?? "unknown"}), load ${os.loadavg()[0]!.toFixed(1)}, ` +
      `Linux ${os.release()}, Node ${process.version}, commit ${commit}`,
  );
}
