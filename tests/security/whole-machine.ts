/**
 * Whole machines for the tests of this folder that need a network: an app of `tests/apps`, on every target that there is,
 * with its own gateway; and with a kernel that a test has weakened, to see itself fail.
 */
import { test } from "node:test";
import path from "node:path";
import { readFileSync } from "node:fs";
import { compileInParallel } from "../../src/build/compile.ts";
import { buildNativeImage, compileKernel } from "../../src/build/native-image.ts";
import { compileAssembly } from "../../src/image/assembly.ts";
import { buildImage, type Image } from "../../src/image/image.ts";
import type { KernelPlatform } from "../../src/image/kernel-devices.ts";
import { kernelSource } from "../../src/image/kernel-source.ts";
import { planImage } from "../../src/platform/compartment/plan-image.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { findQemu } from "../../src/targets/qemu/probe.ts";
import { qemuTarget } from "../../src/targets/qemu/target.ts";
import type { Launchable, Machine, MachineOptions, Target } from "../../src/targets/target.ts";
import { linkPlan } from "./whole-image.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const FORWARD = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 };
export const TARGETS: readonly Target[] = [nodeTarget, processTarget, qemuTarget];

/** A file below `src/kernel`, and what to replace in it. */
export type Weakening = readonly [file: string, ...replacements: (readonly [from: string, to: string])[]];

export function testOnTargets(name: string, act: (target: Target) => Promise<void>): void {
  for (const target of TARGETS) {
    const skip = target.name === "qemu" && findQemu() === undefined ? "needs qemu-system-x86_64" : false;
    void test(`${name}: ${target.name}`, { skip }, () => act(target));
  }
}

/** Each is built once in a test file. */
const images = new Map<string, Promise<Launchable>>();

export function imageFor(
  target: Target,
  app: string,
  weakenings: readonly Weakening[] = [],
): Promise<Launchable> {
  const key = JSON.stringify([target.platform, app, weakenings]);
  const known = images.get(key);
  if (known !== undefined) return known;
  const image = build(target, app, weakenings);
  images.set(key, image);
  return image;
}

async function build(
  { platform }: Target,
  app: string,
  weakenings: readonly Weakening[],
): Promise<Launchable> {
  const image = await buildImage(path.join(ROOT, app));
  if (weakenings.length === 0) {
    return platform === undefined ? image : { ...image, native: await buildNativeImage(image, platform) };
  }
  const kernel = await weakenedKernel(image, platform === "bare" ? "bare" : "hosted", weakenings);
  if (platform === undefined) return { ...image, kernel };
  const plan = planImage({
    kernel: await compileKernel(kernel),
    app: await compileInParallel(image.app, { initial: "data" }),
    isNetworked: true,
  });
  return { ...image, kernel, native: linkPlan(plan, platform) };
}

async function weakenedKernel(
  image: Image,
  platform: KernelPlatform,
  weakenings: readonly Weakening[],
): Promise<Uint8Array> {
  const files: Record<string, string> = { "main.ts": kernelSource(image.manifest.services, platform) };
  for (const [file, ...replacements] of weakenings) {
    let text = readFileSync(path.join(ROOT, "src/kernel", file), "utf8");
    for (const [from, to] of replacements) {
      if (!text.includes(from)) throw new Error(`${file} has no "${from}": the control no longer controls`);
      text = text.replace(from, to);
    }
    files[file] = text;
  }
  const extraArguments = [
    "--use",
    "abort=cpu/panic/abort",
    ...(platform === "bare" ? ["--enable", "threads"] : []),
  ];
  return (
    await compileAssembly(path.join(ROOT, "src/kernel"), "main.ts", { virtualFiles: files, extraArguments })
  ).wasm;
}

export interface Started {
  readonly machine: Machine;
  /** Of the host, that leads to the guest's port 80. */
  readonly port: number;
  readonly text: { 1: string; 2: string };
}

export async function startApp(
  target: Target,
  app: string,
  more: Partial<MachineOptions> & { readonly weakenings?: readonly Weakening[] } = {},
): Promise<Started> {
  const { weakenings, ...options } = more;
  const text = { 1: "", 2: "" };
  const machine = await target.start(await imageFor(target, app, weakenings), {
    forwards: [FORWARD],
    environment: {},
    outbound: [],
    onConsole: (stream, piece) => void (text[stream] += piece),
    ...options,
  });
  return { machine, text, port: machine.forwards[0]?.hostPort ?? 0 };
}
