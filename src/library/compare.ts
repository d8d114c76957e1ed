/** The same program as a process, a container, a Linux machine and images of ours, side by side. */
import os from "node:os";
import path from "node:path";
import {
  KIND_NAMES,
  type ComparedHost,
  type Comparison,
  type FirstRequest,
  type KindName,
} from "../compare/comparison.ts";
import { inspectImage } from "../audit/inspect.ts";
import type { Answer } from "../compare/first-response.ts";
import { hostKernel } from "../compare/kernel-facts.ts";
import { processKind } from "../compare/kinds/process.ts";
import { skerryKind, type SkerryImage } from "../compare/kinds/skerry.ts";
import { containerKind } from "../compare/kinds/container.ts";
import type { Kind } from "../compare/kinds/kind.ts";
import { microvmKind, type MicrovmWish } from "../compare/kinds/microvm.ts";
import { measureKinds } from "../compare/measure.ts";
import { nodeApp, type NodeApp } from "../compare/node-app.ts";
import { messageOf, NotHere } from "../compare/not-here.ts";
import { nameImage, type Image, type ImageWish } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";
import { canRunProcesses, processTarget } from "../targets/process/target.ts";
import { chooseAccelerator, findQemu, qemuFacts, type QemuFacts } from "../targets/qemu/probe.ts";
import { qemuTarget } from "../targets/qemu/target.ts";
import type { Accelerator, TargetName } from "../targets/target.ts";
import { buildApp, isImageFile } from "./app-image.ts";
import { prepare } from "./native-images.ts";
import type { Settings } from "./settings.ts";
import { VERSION } from "./version.ts";

const ANSWER_LIMIT_MS = 20_000;

export interface CompareWish {
  readonly name?: string | undefined;
  readonly wish: ImageWish;
  readonly settings: Pick<Settings, "environment" | "bootLines" | "accelerator">;
  readonly only: readonly KindName[];
  readonly rounds: number;
  /** Of the request that every kind answers first. */
  readonly path: string;
  /** Of the microVM; without it one is looked for. */
  readonly kernelFile?: string | undefined;
  /** One may be downloaded. */
  readonly mayFetchKernel: boolean;
  readonly onStep: (text: string) => void;
  /** Of an app that is evaluated at each start: why. */
  readonly onSlowStart: (why: string | undefined) => void;
}

/** Throws a `UserError` for an entry that cannot be built, or that is no server. */
export async function compareEntry(entry: string, options: CompareWish): Promise<Comparison> {
  const { name, wish, settings, only, rounds, onStep } = options;
  if (isImageFile(entry)) {
    throw new UserError(
      "entry",
      `${entry} is an image, and compare needs the program that it was built from`,
      "for instance: skerry compare server.ts",
    );
  }
  onStep(`building ${entry}`);
  const image = nameImage(await buildApp(entry, wish), name);
  requireServer(image, entry);
  const kernel = hostKernel();
  const app = await appForLinux(entry, image, settings.environment);
  const kinds: Readonly<Record<KindName, () => Kind>> = {
    process: () => onLinux("process", app, (found) => processKind(found, kernel)),
    container: () => onLinux("container", app, (found) => containerKind(found, kernel)),
    microvm: () => onLinux("microvm", app, (found) => microvmKind(found, kernel, microvmWish(options))),
    "skerry-process": () => skerryKind("skerry-process", kernel, () => imageFor("process", image, options)),
    skerry: () => skerryKind("skerry", kernel, () => imageFor("qemu", image, options)),
  };
  const host = hostFacts();
  const chosen = KIND_NAMES.filter((kind) => only.includes(kind)).map((kind) => kinds[kind]());
  const { kinds: measured, answers } = await measureKinds(chosen, {
    rounds,
    path: options.path,
    limitMs: ANSWER_LIMIT_MS,
    onStep,
  });
  return {
    format: 1,
    name: image.manifest.name,
    entry,
    builder: VERSION,
    host,
    rounds,
    request: firstRequest(options.path, answers),
    linuxApp:
      app instanceof NotHere
        ? { why: app.message }
        : { servedBy: app.servedBy, bundleBytes: app.code.length },
    kinds: measured,
  };
}

function firstRequest(path: string, answers: ReadonlyMap<KindName, Answer>): FirstRequest {
  const [first] = answers.values();
  return {
    path,
    answers: [...answers].map(([kind, { status, body }]) => ({ kind, status, bodyBytes: body.length })),
    isSameEverywhere: [...answers.values()].every(
      ({ status, body }) => status === first!.status && body === first!.body,
    ),
  };
}

/** What has no server answers no request, and that is what is measured. */
function requireServer({ manifest }: Image, entry: string): void {
  if (manifest.services.includes("http")) return;
  throw new UserError(
    "entry",
    `${entry} serves no HTTP, and compare times every kind to its first response`,
    "for instance: skerry compare server.ts, with export default { fetch }",
  );
}

async function appForLinux(
  entry: string,
  { manifest }: Image,
  environment: NodeApp["environment"],
): Promise<NodeApp | NotHere> {
  const wish = { hasAssets: manifest.services.includes("assets"), face: manifest.face, environment };
  return nodeApp(path.resolve(entry), wish).catch((error: unknown) => {
    if (error instanceof NotHere) return error;
    throw error;
  });
}

function onLinux(name: KindName, app: NodeApp | NotHere, make: (app: NodeApp) => Kind): Kind {
  return app instanceof NotHere ? { name, prepare: () => Promise.reject(app) } : make(app);
}

function microvmWish({ kernelFile, mayFetchKernel, settings }: CompareWish): MicrovmWish {
  return {
    kernel: { file: kernelFile, mayFetch: mayFetchKernel },
    facts: qemuFactsHere,
    accelerator: settings.accelerator,
  };
}

/** As `build --target` makes it. Rejects with `NotHere` where nothing can start it. */
async function imageFor(
  targetName: Exclude<TargetName, "node">,
  image: Image,
  { settings, onSlowStart }: CompareWish,
): Promise<SkerryImage> {
  const way = targetName === "qemu" ? await onQemu(settings.accelerator) : onProcess();
  const { image: ready, slowStart } = await prepare(image, way.target);
  onSlowStart(slowStart);
  return {
    ...way,
    image: ready,
    inspection: inspectImage(ready.native!.elf),
    environment: settings.environment,
    configuration: settings.bootLines,
  };
}

type Way = Pick<SkerryImage, "name" | "target" | "accelerator" | "label">;

function onProcess(): Way {
  if (!canRunProcesses()) throw new NotHere(`needs Linux on x86-64, and this is ${process.platform}`);
  return {
    name: "skerry-process",
    target: processTarget,
    label: "skerry run --target process: a Linux process behind its own filter, network by the gateway",
  };
}

async function onQemu(asked: Accelerator | undefined): Promise<Way> {
  const facts = await qemuFactsHere();
  const accelerator = chooseHere(facts, asked);
  const fallback = accelerator === "tcg" && asked === undefined ? `; no KVM: ${facts.problems.kvm}` : "";
  return {
    name: "skerry",
    target: qemuTarget,
    accelerator,
    label: `skerry run --target qemu: QEMU ${facts.version.join(".")}, ${accelerator.toUpperCase()}, network by the gateway${fallback}`,
  };
}

async function qemuFactsHere(): Promise<QemuFacts> {
  const file = findQemu();
  if (file === undefined) throw new NotHere("there is no QEMU here (Debian: apt install qemu-system-x86)");
  return qemuFacts(file).catch((error: unknown) => {
    throw new NotHere(messageOf(error));
  });
}

function chooseHere(facts: QemuFacts, asked: Accelerator | undefined): Accelerator {
  try {
    return chooseAccelerator(facts, asked);
  } catch (error) {
    throw new NotHere(messageOf(error));
  }
}

function hostFacts(): ComparedHost {
  const cpus = os.cpus();
  return {
    processor: cpus[0]?.model ?? "not told",
    processors: cpus.length,
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    user: process.getuid?.() === 0 ? "root" : "an ordinary user",
    load: os.loadavg()[0] ?? 0,
  };
}
