/**
 * What QEMU can do here, found out by doing it: a guest of five instructions runs, or does not. `/dev/kvm` being there
 * says little on a nested host.
 *
 * The answer is kept until the machine boots anew, QEMU is another, or `/dev/kvm` can be opened where it could not.
 *
 * Tests: target.test.ts
 */
import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { cached, keyOf } from "../../image/cache.ts";
import { UserError } from "../../image/user-error.ts";
import { PrivateFiles } from "../native/private-files.ts";
import { ACCELERATORS, type Accelerator } from "../target.ts";
import { machineWords } from "./command-line.ts";
import { PARENT_DEATH_TEST, spawnGuarded, type Guard } from "./guard.ts";
import { PROBE_STATUS, probeGuest } from "./probe-guest.ts";

const QEMU_NAME = "qemu-system-x86_64";
const KVM_DEVICE = "/dev/kvm";
const NO_PERMISSION = `this user may not open ${KVM_DEVICE} (a member of its group, mostly "kvm", may)`;
const PROBE_MEMORY_MIB = 16;
/** A guest that says nothing for so long does not run: what is found is kept, and no busy hour may be taken for it. */
const PROBE_LIMITS_MS: Readonly<Record<Accelerator, number>> = { kvm: 30_000, tcg: 60_000 };
const COMMAND_LIMIT_MS = 10_000;
/** Changes with the meaning of what is kept. */
const FACTS_VERSION = "1";

export interface QemuFacts {
  readonly file: string;
  readonly version: readonly [major: number, minor: number];
  readonly guard: Guard;
  readonly hasSandbox: boolean;
  /** Why a guest does not run under it; null where one does. */
  readonly problems: Readonly<Record<Accelerator, string | null>>;
}

/** The QEMU of this PATH. */
export function findQemu(searchPath = process.env["PATH"] ?? ""): string | undefined {
  const files = searchPath
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.resolve(folder, QEMU_NAME));
  return files.find(isExecutable);
}

/** Throws a `UserError` where there is no QEMU. */
export function requireQemu(): string {
  const file = findQemu();
  if (file !== undefined) return file;
  throw new UserError(
    "qemu-missing",
    `target qemu needs ${QEMU_NAME}, which is not on the PATH`,
    "install it (Debian, Ubuntu: apt install qemu-system-x86; Fedora: dnf install qemu-system-x86), or use another --target",
  );
}

export async function qemuFacts(file: string): Promise<QemuFacts> {
  const { mtimeMs, size } = statSync(file);
  const key = keyOf("qemu", [
    FACTS_VERSION,
    file,
    `${mtimeMs} ${size}`,
    bootId(),
    String(kvmDeviceProblem()),
  ]);
  const bytes = await cached(
    `${key}.json`,
    async () => Buffer.from(JSON.stringify(await probe(file))),
    isWhole,
  );
  return JSON.parse(Buffer.from(bytes).toString()) as QemuFacts;
}

/** Looks again, whatever is known. */
export async function probe(file: string): Promise<QemuFacts> {
  const [version, guard] = await Promise.all([readVersion(file), findGuard()]);
  const files = new PrivateFiles();
  try {
    const kernelFile = files.write("guest", probeGuest());
    const tryOne = async (accelerator: Accelerator, hasSandbox: boolean): Promise<string | null> => {
      const machine = { machine: "microvm", accelerator, version, hasSandbox, kernelFile } as const;
      const words = machineWords({ ...machine, memoryMiB: PROBE_MEMORY_MIB });
      return runProbe(file, guard, words, PROBE_LIMITS_MS[accelerator]);
    };
    let hasSandbox = true;
    let tcg = await tryOne("tcg", hasSandbox);
    if (tcg !== null && /sandbox/i.test(tcg)) {
      hasSandbox = false;
      tcg = await tryOne("tcg", hasSandbox);
    }
    const kvm = kvmDeviceProblem() ?? (await tryOne("kvm", hasSandbox));
    return { file, version, guard, hasSandbox, problems: { kvm, tcg } };
  } finally {
    files.remove();
  }
}

/** The accelerator asked for, or the best. Throws a `UserError` where no guest runs under it. */
export function chooseAccelerator(facts: QemuFacts, asked: Accelerator | undefined): Accelerator {
  const { problems, version } = facts;
  const found = (asked === undefined ? ACCELERATORS : [asked]).find((name) => problems[name] === null);
  if (found !== undefined) return found;
  const name = asked ?? "tcg";
  throw new UserError(
    "accelerator",
    `QEMU ${version.join(".")} does not run a guest under ${name.toUpperCase()} here: ${problems[name]}`,
    name === "kvm" ? kvmHint(problems.kvm) : "use --target process",
  );
}

function kvmHint(problem: string | null): string {
  const instead = "use --accelerator tcg, which is slower, or --target process";
  if (problem !== NO_PERMISSION) return instead;
  return `become a member of its group (sudo usermod -aG kvm $USER, then log in anew), or ${instead}`;
}

/** What keeps this user from KVM before QEMU is even asked. */
function kvmDeviceProblem(): string | null {
  if (process.platform !== "linux" || process.arch !== "x64")
    return "KVM runs x86-64 guests on x86-64 Linux only";
  if (!existsSync(KVM_DEVICE))
    return `there is no ${KVM_DEVICE}: the host, or its own host, does not offer it`;
  try {
    accessSync(KVM_DEVICE, constants.R_OK | constants.W_OK);
    return null;
  } catch {
    return NO_PERMISSION;
  }
}

/** Null: the guest ran. */
async function runProbe(
  file: string,
  guard: Guard,
  words: readonly string[],
  limitMs: number,
): Promise<string | null> {
  const { child, kill } = spawnGuarded(guard, file, words, ["ignore", "pipe"]);
  let complaints = "";
  child.stderr!.on("data", (bytes: Buffer) => (complaints += bytes.toString()));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, limitMs);
  const status = await new Promise<string | number | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  clearTimeout(timer);
  if (status === PROBE_STATUS) return null;
  if (isLate) return `a guest of five instructions did not end within ${limitMs / 1000} s`;
  const [first] = complaints.trim().split("\n");
  return first === undefined || first === "" ? `QEMU ended with ${status}` : first;
}

async function readVersion(file: string): Promise<readonly [number, number]> {
  const { output } = await runCommand(file, ["--version"]);
  const match = /version (\d+)\.(\d+)/.exec(output);
  if (match === null) {
    throw new UserError("qemu-broken", `${file} --version does not say its version`, "reinstall QEMU");
  }
  return [Number(match[1]), Number(match[2])];
}

async function findGuard(): Promise<Guard> {
  const [file, ...words] = PARENT_DEATH_TEST;
  return (await runCommand(file, words)).isGood ? "parent-death" : "shell";
}

function runCommand(
  file: string,
  words: readonly string[],
): Promise<{ readonly output: string; readonly isGood: boolean }> {
  return new Promise((resolve) => {
    execFile(file, words, { timeout: COMMAND_LIMIT_MS }, (error, output) =>
      resolve({ output, isGood: error === null }),
    );
  });
}

/** Different after every boot; the empty text where the system tells none. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function isWhole(bytes: Uint8Array): boolean {
  try {
    const facts = JSON.parse(Buffer.from(bytes).toString()) as Partial<QemuFacts>;
    return facts.problems !== undefined && facts.guard !== undefined;
  } catch {
    return false;
  }
}
