/**
 * An image as machine code: its modules compiled, linked for a platform, and written as what that platform starts.
 *
 * The composition root of everything between an `Image` and a file. Two builds of the same image give the same bytes.
 *
 * Tests: native-image.test.ts
 */
import type { CompiledModule } from "../abi/object.ts";
import path from "node:path";
import { createHash } from "node:crypto";
import type { Manifest, ManifestIsolation, ManifestNative } from "../abi/manifest.ts";
import type { Image } from "../image/image.ts";
import { buildKernel } from "../image/kernel.ts";
import { driversOf } from "../image/kernel-devices.ts";
import { ownVersion } from "../image/packages.ts";
import type { LinkedProgram } from "../linker/linked.ts";
import type { ImageLayout, ImageNotes } from "../platform/bare/image.ts";
import { linkForBare } from "../platform/bare/platform.ts";
import { planImage, type ImageModules } from "../platform/compartment/plan-image.ts";
import type { ImagePlan } from "../platform/compartment/plan.ts";
import { processWindows } from "../platform/process/address-space.ts";
import { writeExecutable } from "../platform/process/executable.ts";
import { linkImageForProcess } from "../platform/process/image-platform.ts";
import { takeSnapshot, type LeftOut } from "../image/snapshot.ts";
import { compileInParallel } from "./compile.ts";
import { mapStackText } from "../image/stack-map.ts";
import { withSnapshot } from "./snapshot.ts";

export type NativePlatform = "process" | "bare";

export interface NativeImage {
  readonly manifest: Manifest;
  readonly elf: Uint8Array;
  readonly linked: LinkedProgram;
  readonly plan: ImagePlan;
  /** Of a JavaScript app whose top level runs at each boot, because it cannot be in a snapshot: why, and where. */
  readonly appLeftOut?: string;
}

/** The note that holds an image's manifest, as JSON. */
export const MANIFEST_NOTE = { name: "Skerry", type: 1 } as const;

/** Throws a `LinkError` where the app imports what was not granted. */
export async function buildNativeImage(image: Image, platform: NativePlatform): Promise<NativeImage> {
  const { isolation } = image.manifest;
  const kernelBytes =
    platform === "bare"
      ? await buildKernel(image.manifest.services, true, "bare", isolation, image.manifest.outbound)
      : image.kernel;
  const compile: Compile = (bytes) => compileInParallel(bytes, { initial: "data" });
  const { modules, appLeftOut } = await compileApp(image, compile);
  const plan = planImage({
    kernel: await compileKernel(kernelBytes),
    ...modules,
    isNetworked: image.manifest.services.includes("ip"),
    ...(image.assets === undefined ? {} : { assets: image.assets }),
    ...(isolation === undefined ? {} : { isolated: isolatedOf(isolation) }),
  });
  let manifest = manifestOf(image.manifest, kernelBytes);
  const program = linkFor(platform, plan, (layout) => {
    manifest = { ...manifest, native: describeNative(layout, platform, manifest) };
    return [{ ...MANIFEST_NOTE, bytes: new TextEncoder().encode(JSON.stringify(manifest)) }];
  });
  return {
    manifest,
    plan,
    ...program,
    ...(appLeftOut === undefined ? {} : { appLeftOut }),
  };
}

function isolatedOf({
  compartments,
  cpuMs,
  memoryMiB,
}: ManifestIsolation): NonNullable<ImageModules["isolated"]> {
  return { compartments, limits: { timeMs: cpuMs, memoryMiB } };
}

/** A kernel's loops are short: copies of them made it a quarter larger, and no faster. */
export function compileKernel(bytes: Uint8Array): Promise<CompiledModule> {
  return compileInParallel(bytes, { initial: "data", isUnrolled: false });
}

type Compile = (bytes: Uint8Array) => Promise<CompiledModule>;

/** The app's modules; of a JavaScript app begun from a snapshot, with no script left to place. */
async function compileApp(
  image: Image,
  compile: Compile,
): Promise<{
  readonly modules: Pick<ImageModules, "app" | "engine" | "enginePages">;
  readonly appLeftOut?: string;
}> {
  const { engine, enginePages, script } = image;
  const app = await compile(image.app);
  if (engine === undefined || enginePages === undefined || script === undefined) return { modules: { app } };
  const snapshot = takeSnapshot({ engine, glue: image.app, pages: enginePages, script });
  const begun = withSnapshot(await compile(engine), app, snapshot);
  const { pages, left } = snapshot;
  return {
    modules: {
      app: begun.glue,
      engine: begun.engine,
      enginePages: { initial: pages, maximum: enginePages.maximum },
    },
    ...(left === undefined ? {} : { appLeftOut: describeLeftOut(left, image) }),
  };
}

/** "its top level reads the clock (server.ts:3:17)": a line of the app's or a package's, rather than of our own modules. */
function describeLeftOut({ does, stack }: LeftOut, { sourceMap, inputs }: Image): string {
  const mapped = sourceMap === undefined ? stack : mapStackText(stack, sourceMap);
  const frames = mapped
    .split("\n")
    .map((line) => /\(?([^()\s]+:\d+:\d+)\)?\s*$/.exec(line)?.[1])
    .filter((frame) => frame !== undefined && !/^(skerry\.js|\?)/.test(frame));
  const isInput = (frame: string | undefined) => {
    const file = frame!.replace(/:\d+:\d+$/, "").replace(/^(?:\.\.?\/)+/, "");
    return inputs.some((input) => input.endsWith(path.sep + path.normalize(file)));
  };
  const place = frames.find(isInput) ?? frames[0];
  return `its top level ${does}${place === undefined ? "" : ` (${place})`}`;
}

function linkFor(
  platform: NativePlatform,
  plan: ImagePlan,
  notes: ImageNotes,
): Pick<NativeImage, "elf" | "linked"> {
  if (platform === "bare") return linkForBare(plan, notes);
  const linked = linkImageForProcess(plan);
  const layout = { parts: linked.parts, windows: processWindows(linked, plan) };
  return { linked, elf: writeExecutable(linked, notes(layout)) };
}

/** What can only be said of machine code. */
function describeNative(
  { parts, windows }: ImageLayout,
  platform: NativePlatform,
  { services }: Manifest,
): ManifestNative {
  return {
    builder: ownVersion(),
    parts: parts.map(({ owner, kind, address, bytes }) => {
      return { owner, kind, address, sizeBytes: bytes.length, sha256: hashOf(bytes) };
    }),
    windows,
    devices: platform === "bare" ? driversOf(services) : [],
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The image's, with the kernel that this platform has. */
function manifestOf(manifest: Manifest, kernel: Uint8Array): Manifest {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(kernel as BufferSource));
  const changed = {
    sizeBytes: kernel.length,
    sha256: hashOf(kernel),
    imports: imports.map(({ module, name }) => `${module}.${name}`).sort(),
  };
  return {
    ...manifest,
    modules: manifest.modules.map((module) =>
      module.role === "kernel" ? { ...module, ...changed } : module,
    ),
  };
}
