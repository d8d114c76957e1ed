/**
 * Whole images for the tests of this folder: small ones, linked from text like any other image, and what runs them.
 *
 * A host runs an image to its end and keeps apart what came out where. Tests go over all hosts that there are here.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { test, type TestContext } from "node:test";
import type { NativePlatform } from "../../src/build/native-image.ts";
import { compileModule } from "../../src/compiler/compile.ts";
import { wat } from "../../src/compiler/wasm/module.harness.ts";
import { accelerators, boot, type Accelerator } from "../../src/keel/guest.harness.ts";
import { linkForBare } from "../../src/platform/bare/platform.ts";
import { planImage } from "../../src/platform/compartment/plan-image.ts";
import type { ImagePlan } from "../../src/platform/compartment/plan.ts";
import { writeExecutable } from "../../src/platform/process/executable.ts";
import { linkImageForProcess } from "../../src/platform/process/image-platform.ts";
import { parseControlRecord, type ControlRecord } from "../../src/targets/native/control-records.ts";
import { canRunProcesses } from "../../src/targets/process/target.ts";
import type { LinkedProgram } from "../../src/linker/linked.ts";
import type { NativeProgram } from "../../src/targets/target.ts";
import { monitorOptions } from "./guest-memory.ts";

const DEFAULT_MEMORY = "32M";
const TIME_LIMIT_MS = 60_000;
const CONTROL = 4;
const EXECUTABLE_MODE = 0o700;

export const IS_LONG = process.env["SKERRY_LONG"] === "1";

/** As text. The app is no module at all where it does not matter. */
export interface ProbeModules {
  readonly kernel: string;
  readonly app?: string;
  readonly appStackBytes?: number;
  readonly isNetworked?: boolean;
}

export function planProbe({ kernel, app, appStackBytes, isNetworked }: ProbeModules): ImagePlan {
  const compile = (text: string) => compileModule(wat(`(module ${text})`), { initial: "data" });
  return planImage({
    kernel: compile(kernel),
    app: compile(app ?? `(memory (export "memory") 1)`),
    isNetworked: isNetworked ?? false,
    ...(appStackBytes === undefined ? {} : { stackBytes: appStackBytes }),
  });
}

/** With everything that the linker knows. */
export interface WholeProgram extends NativeProgram {
  readonly linked: LinkedProgram;
}

export function linkPlan(plan: ImagePlan, platform: NativePlatform): WholeProgram {
  if (platform === "bare") return linkForBare(plan);
  const linked = linkImageForProcess(plan);
  return { linked, elf: writeExecutable(linked) };
}

export interface Ran {
  /** As the image gave it; undefined if it ended otherwise. */
  readonly status: number | undefined;
  /** What ended a process that did not end by itself. */
  readonly signal?: NodeJS.Signals;
  readonly output: string;
  readonly errors: string;
  /** Lines of the control channel. */
  readonly control: readonly string[];
  readonly records: readonly ControlRecord[];
}

export interface RunOptions {
  /** `key=value` lines. */
  readonly configuration?: readonly string[];
  readonly memory?: string;
  readonly cpu?: string;
  /** As QEMU calls it, with its options. */
  readonly machine?: string;
  /** Further words for QEMU. */
  readonly more?: readonly string[];
  readonly timeLimitMs?: number;
  /** Once something was printed: the monitor's socket, and a file to write a dump to. */
  readonly whileRunning?: (monitor: string, dumpFile: string) => Promise<void>;
  /** Of a process, once it has printed something; it is ended afterwards. */
  readonly whileProcessRuns?: (id: number) => Promise<void>;
}

export interface Host {
  readonly name: string;
  readonly platform: NativePlatform;
  run(program: Pick<NativeProgram, "elf">, options?: RunOptions): Promise<Ran>;
}

export async function hosts(t: TestContext): Promise<readonly Host[]> {
  const machines = await accelerators(t);
  return [...machines.map(machineHost), ...(canRunProcesses() ? [processHost] : [])];
}

export const processHost: Host = { name: "process", platform: "process", run: runProcess };

/** A test on every host there is. */
export function testOnHosts(name: string, act: (host: Host, t: TestContext) => Promise<void>): void {
  void test(name, async (t) => {
    for (const host of await hosts(t)) await t.test(host.name, (inner) => act(host, inner));
  });
}

export function machineHost(accelerator: Accelerator): Host {
  return {
    name: `qemu, ${accelerator}`,
    platform: "bare",
    run: (program, options) => runMachine(accelerator, program, options),
  };
}

async function runMachine(
  accelerator: Accelerator,
  { elf }: Pick<NativeProgram, "elf">,
  options: RunOptions = {},
): Promise<Ran> {
  return inFolder(async (folder) => {
    const file = (name: string) => path.join(folder, name);
    writeFileSync(file("configuration"), configurationOf(options));
    const { whileRunning, cpu, machine, timeLimitMs = TIME_LIMIT_MS } = options;
    const { status, output, errors } = await boot(elf, {
      accelerator,
      memory: options.memory ?? DEFAULT_MEMORY,
      timeLimitMs,
      ...(cpu === undefined ? {} : { cpu }),
      ...(machine === undefined ? {} : { machine }),
      more: [
        ...["-global", "virtio-mmio.force-legacy=false", "-initrd", file("configuration")],
        ...["-chardev", `file,id=control,path=${file("control")}`],
        ...["-device", "isa-debugcon,iobase=0xea,chardev=control"],
        ...(whileRunning === undefined ? [] : monitorOptions(file("monitor"))),
        ...(options.more ?? []),
      ],
      ...(whileRunning === undefined
        ? {}
        : { whileRunning: () => whileRunning(file("monitor"), file("memory")) }),
    });
    return ranOf(status, output, errors, readFileSync(file("control"), "latin1"));
  });
}

async function runProcess({ elf }: Pick<NativeProgram, "elf">, options: RunOptions = {}): Promise<Ran> {
  return inFolder(async (folder) => {
    const file = path.join(folder, "image");
    writeFileSync(file, elf, { mode: EXECUTABLE_MODE });
    const stdio = ["ignore", "pipe", "pipe", "ignore", "pipe"] as const;
    const child = spawn(file, [`@${CONTROL}`], { env: {}, stdio: [...stdio] });
    const text = { output: "", errors: "", control: "" };
    child.stdout!.on("data", (bytes: Buffer) => (text.output += bytes.toString("latin1")));
    child.stderr!.on("data", (bytes: Buffer) => (text.errors += bytes.toString("latin1")));
    const control = child.stdio[CONTROL] as Duplex;
    control.on("data", (bytes: Buffer) => (text.control += bytes.toString("latin1")));
    control.on("error", () => {});
    control.end(configurationOf(options));
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeLimitMs ?? TIME_LIMIT_MS);
    let looked: Promise<void> | undefined;
    child.stdout!.on("data", () => {
      looked ??= options.whileProcessRuns?.(child.pid!).finally(() => child.kill("SIGKILL"));
    });
    const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once("close", (...end) => resolve(end));
    });
    clearTimeout(timer);
    await looked;
    const ran = ranOf(status ?? undefined, text.output, text.errors, text.control);
    return signal === null ? ran : { ...ran, signal };
  });
}

function configurationOf({ configuration = [] }: RunOptions): string {
  return configuration.map((line) => `${line}\n`).join("");
}

function ranOf(status: number | undefined, output: string, errors: string, control: string): Ran {
  const lines = control.split("\n").filter((line) => line !== "");
  return { status, output, errors, control: lines, records: lines.map(parseControlRecord) };
}

async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-image-"));
  try {
    return await act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `trap` records as `WHO CAUSE`, others as they are. */
export function showRecords({ control, records }: Ran): string[] {
  return records.map((record, at) =>
    record.kind === "trap" ? `trap ${record.who} ${record.cause.toString(16)}` : control[at]!,
  );
}
