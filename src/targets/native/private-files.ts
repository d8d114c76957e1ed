/**
 * Files for a machine that starts: in a folder that only this user can look into, gone when the machine has read them,
 * or when this process exits.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export class PrivateFiles {
  readonly folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
  readonly #atExit = (): void => this.remove();

  constructor() {
    process.on("exit", this.#atExit);
  }

  /** Its path. */
  write(name: string, content: Uint8Array | string, mode = 0o600): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, content, { mode });
    return file;
  }

  remove(): void {
    process.off("exit", this.#atExit);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
