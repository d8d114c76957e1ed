/** The benchmarks' own C programs: compiled once a run, into a folder that goes with the process. */
import path from "node:path";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";

const FLAGS = ["-std=gnu11", "-O2", "-Wall", "-D_GNU_SOURCE"];

let folder: string | undefined;

/** A folder for what a run makes. */
export function runFolder(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(path.join(tmpdir(), "skerry-bench-"));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  return (folder = made);
}

/** Compiles `source`, a file below `bench/`, and gives the program's path. */
export function compileC(source: string): string {
  const program = path.join(runFolder(), path.basename(source, ".c"));
  execFileSync("cc", [...FLAGS, path.join(import.meta.dirname, "..", source), "-o", program], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return program;
}
