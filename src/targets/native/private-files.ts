/**
 * Files for a machine that starts: in a folder that only this user can look into, gone when the machine has read them,
 * or when this process exits.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../../image/user-error.ts";

export class PrivateFiles {
  readonly folder = written(() => mkdtempSync(path.join(tmpdir(), "skerry-")));
  readonly #atExit = (): void => this.remove();

  constructor() {
    process.on("exit", this.#atExit);
  }

  /** Its path. Throws a `UserError` where there is no room for it. */
  write(name: string, content: Uint8Array | string, mode = 0o600): string {
    const file = path.join(this.folder, name);
    written(() => writeFileSync(file, content, { mode }));
    return file;
  }

  remove(): void {
    process.off("exit", this.#atExit);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function written<Result>(write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    throw new UserError(
      "temporary",
      `a file for the machine cannot be written to ${tmpdir()}: ${(error as Error).message}`,
      "make room there, or name another folder: TMPDIR=/somewhere skerry ...",
    );
  }
}
