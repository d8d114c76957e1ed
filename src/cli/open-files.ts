/**
 * How many files and connections this process may have open, and what is said where they are few. Node has raised the
 * limit as far as it may be raised, so that what is left is the host's (`ulimit -Hn`). A client for whom none is left
 * would be cut off without a word: the system tells nobody.
 *
 * Tests: open-files.test.ts
 */
import { readdirSync, readFileSync } from "node:fs";
import { UserError } from "../image/user-error.ts";
import type { Output } from "./output.ts";

/** With fewer, more clients than a small service has are too many. */
const FEW = 1024;
const REMEDY = "raise the limit first: ulimit -n 4096, as root where it is a hard one";

/** Undefined where the system does not say, or sets no limit. */
export function openFileLimit(limits = readLimits()): number | undefined {
  const found = /^Max open files +(\d+)/m.exec(limits);
  return found === null ? undefined : Number(found[1]);
}

export function warnOfFewFiles(output: Output, limit = openFileLimit(), open = openFiles()): void {
  if (limit === undefined || limit >= FEW) return;
  const left = Math.max(0, limit - open);
  const text = `warning: this process may have ${limit} files and connections open, which leaves some ${left} for clients; ${REMEDY}`;
  output.event("warning", text, { code: "few-files", limit, left });
}

/** A `UserError` for what the system refused because too much is open; other errors stay as they are. */
export function explainFull(error: unknown, limit = openFileLimit()): unknown {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== "EMFILE" && code !== "ENFILE") return error;
  const whose = code === "ENFILE" ? "this computer" : "this process";
  const many = limit === undefined || code === "ENFILE" ? "no more" : `no more than ${limit}`;
  return new UserError(
    "open-files",
    `${whose} may have ${many} files and connections open (${code})`,
    REMEDY,
  );
}

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return "";
  }
}

function openFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
