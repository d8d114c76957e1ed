/** Files for a machine that starts: in a folder that only this user can look into, gone when the machine has them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export class PrivateFiles {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "skerry-"));

  /** Its path. */
  write(name: string, content: Uint8Array | string, mode = 0o600): string {
    const file = path.join(this.#folder, name);
    writeFileSync(file, content, { mode });
    return file;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
