/**
 * Network namespaces of a benchmark's own, and what joins them. They are gone with this process, however it ends:
 * nothing holds one but a child that the system ends with its parent.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, readlinkSync } from "node:fs";

/** Until a child has entered the namespace that it was started to hold. */
const START_LIMIT_MS = 5000;
const PREFIX_BITS = 24;

export class Namespace {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async create(): Promise<Namespace> {
    const words = ["--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"];
    const holder = spawn("setpriv", words, { stdio: "ignore" });
    const ours = readlinkSync("/proc/self/ns/net");
    const deadline = performance.now() + START_LIMIT_MS;
    const isThere = (): boolean => {
      try {
        return readlinkSync(`/proc/${holder.pid}/ns/net`) !== ours;
      } catch {
        return false; // not yet a process, or no more
      }
    };
    while (!isThere()) {
      if (performance.now() > deadline) throw new Error("no network namespace came to be");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const namespace = new Namespace(holder);
    namespace.run("ip", "link", "set", "lo", "up");
    return namespace;
  }

  get pid(): number {
    return this.#holder.pid!;
  }

  /** `words`, as a command that runs inside. */
  inside(words: readonly string[]): string[] {
    return ["nsenter", `--net=/proc/${this.pid}/ns/net`, ...words];
  }

  run(...words: string[]): string {
    const [command, ...rest] = this.inside(words);
    return execFileSync(command!, rest, { stdio: ["ignore", "pipe", "pipe"] }).toString();
  }

  /** Writes below /sys, which shows the devices of the namespace that it was mounted in. */
  writeSystemFile(file: string, text: string): void {
    const script = 'mount -t sysfs none /sys && printf %s "$1" > "$0"';
    this.run("unshare", "--mount", "sh", "-c", script, file, text);
  }

  /** Gives a device, which is there, its address. */
  address(device: string, address: string): void {
    this.run("ip", "address", "add", `${address}/${PREFIX_BITS}`, "dev", device);
    this.run("ip", "link", "set", device, "up");
  }

  /** Joins this one's new device `here` to another's new device `there`. */
  join(here: string, other: Namespace, there: string): void {
    const peer = ["peer", "name", there, "netns", String(other.pid)];
    this.run("ip", "link", "add", here, "type", "veth", ...peer);
  }

  /** Has `processor` do the deferred work for all that `device` receives (Linux, scaling.rst, RPS). */
  steer(device: string, processor: number): void {
    const mask = (1 << processor).toString(16);
    this.writeSystemFile(`/sys/class/net/${device}/queues/rx-0/rps_cpus`, mask);
  }

  close(): void {
    this.#holder.kill("SIGKILL");
  }
}

/** Why namespaces and TAP devices cannot be made here; undefined: they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/dev/net/tun")) return "needs /dev/net/tun";
  const missing = ["ip", "setpriv", "unshare", "nsenter", "taskset", "chrt"].filter(
    (name) => !isInstalled(name),
  );
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

export function isInstalled(command: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(":").concat("/usr/sbin", "/sbin");
  return folders.some((folder) => existsSync(`${folder}/${command}`));
}
