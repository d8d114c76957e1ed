/**
 * `skerry dev`: as `run`, and starts again whenever a source file of the app changes.
 *
 * The ports are bound anew for each machine: between two there is a moment without an answer, a few milliseconds.
 */
import { watch, type FSWatcher } from "node:fs";
import path from "node:path";
import { UserError } from "../image/user-error.ts";
import type { Launchable, Machine } from "../targets/target.ts";
import { buildApp } from "./app-image.ts";
import { chooseTarget, type Choice } from "./choose-target.ts";
import { interrupted, launch } from "./launch.ts";
import { prepare } from "./native-images.ts";
import { parseRunOptions, requireFitting, type RunOptions } from "./options.ts";
import { createOutput, type Output } from "./output.ts";

/** Editors write a file in several steps; they are over when nothing happened for this long. */
const QUIET_MS = 40;
/** The one that starts soonest after a change. */
const DEFAULT_TARGET = "node";

export async function dev(words: string[]): Promise<number> {
  const options = parseRunOptions("dev", words);
  const choice = await chooseTarget(
    options.target === "auto" ? { ...options, target: DEFAULT_TARGET } : options,
  );
  requireFitting("dev", options, choice.target.name);
  const session = new DevSession(options, choice);
  const signal = interrupted();
  await session.restart();
  await signal;
  await session.stop();
  return 0;
}

class DevSession {
  readonly #options: RunOptions;
  readonly #choice: Choice;
  readonly #output: Output;
  #machine: Machine | undefined;
  #watchers: FSWatcher[] = [];
  #watched = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: RunOptions, choice: Choice) {
    this.#options = options;
    this.#choice = choice;
    this.#output = createOutput(options.json);
  }

  /** Builds and starts; a source that does not build leaves what runs as it is. One at a time. */
  restart(): Promise<void> {
    this.#work = this.#work.then(() => this.#restart());
    return this.#work;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#unwatch();
    await this.#work;
    await this.#machine?.stop();
  }

  async #restart(): Promise<void> {
    const startedAt = performance.now();
    let image: Launchable;
    try {
      image = await prepare(await buildApp(this.#options.entry), this.#choice.target, this.#output);
    } catch (error) {
      if (!(error instanceof UserError) || this.#watched.size === 0) throw error;
      this.#output.event("error", `skerry: ${error.message}`, { code: error.code, message: error.message });
      return;
    }
    this.#watch(image.inputs);
    await this.#machine?.stop();
    this.#machine = await launch(image, this.#choice, this.#options, this.#output);
    const totalMs = Math.round(performance.now() - startedAt);
    this.#output.event("started", `started in ${totalMs} ms; watching ${image.inputs.length} files`, {
      totalMs,
    });
  }

  /** Watches folders, not files: editors replace a file by another of the same name. */
  #watch(inputs: readonly string[]): void {
    const files = inputs.filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`));
    this.#unwatch();
    this.#watched = new Set(files);
    for (const folder of new Set(files.map((file) => path.dirname(file)))) {
      this.#watchers.push(watch(folder, (_event, name) => this.#changed(folder, name)));
    }
  }

  #changed(folder: string, name: string | null): void {
    if (name === null || !this.#watched.has(path.join(folder, name))) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.restart(), QUIET_MS);
  }

  #unwatch(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }
}
