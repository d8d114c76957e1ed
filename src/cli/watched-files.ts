/**
 * Tells of changes to files. Folders are watched, not files: editors replace a file by another of the same name.
 */
import { watch, type FSWatcher } from "node:fs";
import path from "node:path";

/** Editors write a file in several steps; they are over when nothing happened for this long. */
const QUIET_MS = 25;

export class WatchedFiles {
  readonly #onChange: () => void;
  #watchers = new Map<string, FSWatcher>();
  #files = new Set<string>();
  #whole: ReadonlySet<string> = new Set();
  #isAny = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /**
   * From now on these, absolute, and whatever lies in `folders`. Packages of the project in `home` are not expected to
   * change.
   */
  watch(home: string, files: readonly string[], folders: readonly string[] = []): void {
    const isPackage = (file: string) => path.relative(home, file).split(path.sep).includes("node_modules");
    this.#files = new Set(files.filter((file) => !isPackage(file)));
    this.#isAny = false;
    this.#whole = new Set(folders);
    this.#watchFolders(new Set([...folders, ...[...this.#files].map((file) => path.dirname(file))]));
  }

  /** Any file beside those watched, and in `folder`: nobody knows which one is missing or wrong. */
  watchAny(folder: string): void {
    this.#isAny = true;
    this.#watchFolders(new Set([...this.#watchers.keys(), folder]));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#watchFolders(new Set());
  }

  #watchFolders(folders: ReadonlySet<string>): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue;
      const watcher = watch(folder, (_event, name) => this.#changed(folder, name));
      // A folder that goes away ends its watch; the next build says what is missing.
      watcher.on("error", () => watcher.close());
      this.#watchers.set(folder, watcher);
    }
  }

  #changed(folder: string, name: string | null): void {
    const counts = this.#isAny || this.#whole.has(folder);
    if (name === null || !(counts || this.#files.has(path.join(folder, name)))) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onChange, QUIET_MS);
  }
}
