/**
 * Files that commands write for the user: whole or not at all.
 *
 * Tests: written-file.test.ts
 */
import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { UserError } from "../image/user-error.ts";

/**
 * Throws a `UserError` that names the file. One that was there is replaced at once: a machine may be reading it. A
 * device or a pipe is written to. `sources` are what the bytes were made of: none of them is replaced.
 */
export function writeOutput(file: string, bytes: Uint8Array, mode: number, sources: readonly string[]): void {
  requireOther(file, sources);
  const temporary = `${file}.${process.pid}.part`;
  try {
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
    if (!isFile) return writeFileSync(file, bytes);
    // Made anew: a link that somebody else laid there would be written through.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, bytes, { mode, flag: "wx" });
    chmodSync(temporary, mode);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(
      "output",
      `${file} cannot be written: ${message}`,
      HINTS[code ?? ""] ?? "choose another file with -o",
    );
  }
}

function requireOther(file: string, sources: readonly string[]): void {
  const place = placeOf(file);
  if (place === undefined || !sources.some((source) => placeOf(source) === place)) return;
  throw new UserError(
    "output",
    `${file} is one of the files that this is made of, and would be replaced`,
    "choose another file with -o",
  );
}

/** Undefined: there is no such file yet. */
function placeOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: "make its folder first, or choose another with -o",
  EACCES: "choose a folder that is yours with -o",
  EISDIR: "that is a folder: name a file in it with -o",
  ENOSPC: "the disk is full",
  EROFS: "that disk cannot be written: choose another with -o",
};
