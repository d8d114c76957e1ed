/** Runs the image of a plan as a process, for suites over every platform. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import type { Ran } from "../compartment/compartment-suite.harness.ts";
import type { ImagePlan } from "../compartment/plan.ts";
import { writeExecutable } from "./executable.ts";
import { linkImageForProcess } from "./image-platform.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
after(() => rmSync(folder, { recursive: true }));

/** Each plan is linked once. */
const files = new Map<ImagePlan, string>();

function fileOf(plan: ImagePlan): string {
  let file = files.get(plan);
  if (file === undefined) {
    file = path.join(folder, `image-${files.size}`);
    writeFileSync(file, writeExecutable(linkImageForProcess(plan)), { mode: 0o700 });
    files.set(plan, file);
  }
  return file;
}

export async function runAsProcess(plan: ImagePlan, lines: readonly string[]): Promise<Ran> {
  const { status, stdout, stderr } = spawnSync(fileOf(plan), lines, { timeout: 60_000 });
  const told = stderr.toString().split("\n");
  const records = told.flatMap((line) =>
    line.startsWith("skerry: ") ? [line.slice("skerry: ".length)] : [],
  );
  return { status, output: stdout.toString(), records };
}
