/**
 * A network namespace of this process's own, with what runs in it.
 *
 * Its name says whose it is: one that outlived its process (which was killed) is removed by whoever comes next.
 */
import { execFile, spawn, spawnSync, type ChildProcess, type SpawnOptions } from "node:child_process";
import { existsSync } from "node:fs";

const PREFIX = "skerry-test";
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

export interface Finished {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Why tests of the network cannot run here; undefined: they can. */
export function whyNoNetwork(...programs: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync("/dev/net/tun")) return "needs root and /dev/net/tun";
  const missing = ["ip", ...programs].filter((name) => !isOnPath(name));
  if (missing.length > 0) return `needs ${missing.join(", ")}`;
  return spawnSync("unshare", ["-n", "true"]).status === 0 ? undefined : "needs network namespaces";
}

export function isOnPath(name: string): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(`${folder}/${name}`));
}

/** A test that takes too long is told to end: then, too, nothing may be left. */
process.once("SIGTERM", () => process.exit(143));

let made = 0;

export class Namespace {
  readonly name = `${PREFIX}-${process.pid}-${made++}`;
  readonly #children = new Set<ChildProcess>();
  readonly #atExit = () => this.#remove();

  constructor() {
    removeOrphans();
    ip("netns", "add", this.name);
    process.once("exit", this.#atExit);
    this.ip("link", "set", "lo", "up");
  }

  /** Words that run the words behind them in here. */
  get prefix(): readonly string[] {
    return ["ip", "netns", "exec", this.name];
  }

  /** `ip` with these words, in here; throws where it fails. */
  ip(...words: readonly string[]): string {
    return ip("-n", this.name, ...words);
  }

  /** Starts a program in here, which ends with the namespace. */
  spawn(words: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program, ...rest] = [...this.prefix, ...words];
    const child = spawn(program!, rest, options);
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  /** Runs a program in here to its end. */
  run(words: readonly string[], input?: Uint8Array | string): Promise<Finished> {
    const [program, ...rest] = [...this.prefix, ...words];
    return new Promise((resolve) => {
      const options = { maxBuffer: OUTPUT_LIMIT_BYTES, encoding: "latin1" } as const;
      const child = execFile(program!, rest, options, (error, output, errors) => {
        this.#children.delete(child);
        const status = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ status, output, errors });
      });
      this.#children.add(child);
      child.stdin!.on("error", () => {}); // it need not read what it is given
      child.stdin!.end(input ?? "");
    });
  }

  /** As `run`; throws where it fails. */
  async succeed(words: readonly string[], input?: Uint8Array | string): Promise<string> {
    const { status, output, errors } = await this.run(words, input);
    if (status !== 0) throw new Error(`${words.join(" ")}: status ${status}\n${output}\n${errors}`);
    return output;
  }

  async remove(): Promise<void> {
    const ends = [...this.#children].map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(ends);
    process.removeListener("exit", this.#atExit);
    this.#remove();
  }

  #remove(): void {
    removeNamespace(this.name);
  }
}

function ip(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("ip", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${words.join(" ")}: ${stderr.trim()}`);
  return stdout;
}

function removeOrphans(): void {
  for (const [name, pid] of ip("netns", "list").matchAll(new RegExp(`^${PREFIX}-(\\d+)-\\d+`, "gm"))) {
    if (!existsSync(`/proc/${pid}`)) removeNamespace(name);
  }
}

/** With all that still runs in it: this is said to happen after a failure, when nobody else ends it. */
function removeNamespace(name: string): void {
  const { stdout } = spawnSync("ip", ["netns", "pids", name], { encoding: "utf8" });
  for (const pid of stdout.split("\n").filter(Boolean)) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  spawnSync("ip", ["netns", "del", name]);
}
