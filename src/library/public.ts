/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The verbs of the command line as functions: `build` makes an image, `run` starts it.
 *
 *     const image = await build("server.ts");
 *     await using machine = await run(image, { ports: [0] });
 *     const response = await machine.fetch("/");
 *
 * Tests: library.test.ts; the types, tests/functional/package.test.ts
 */
import type { Manifest } from "../abi/manifest.ts";
import type { Inspection } from "../audit/inspection.ts";
import { KIND_NAMES, type Comparison, type KindName } from "../compare/comparison.ts";
import { UserError } from "../image/user-error.ts";
import type { Launchable, Machine } from "../targets/target.ts";
import type { Image as ModuleImage } from "../image/image.ts";
import type { Choice } from "./choose-target.ts";
import type { Configuration, Port } from "./configuration.ts";
import { KeptLog } from "./kept-log.ts";
import type { MachineLog } from "./machine-log.ts";
import type { ValidConfiguration } from "./schema.ts";
import type { Settings } from "./settings.ts";
import { guestUrl, HTTP_PORT } from "./values.ts";

/** "elf": what a VMM or Linux starts; "raw": a disk that a PC boots from; "oci": an archive for container runtimes. */
export type Format = "elf" | "raw" | "oci";

export interface BuildOptions {
  /** What the image is called; by default after its entry. */
  readonly name?: string;
  /** Of the files that are made of it; by default ELF, and of one that is written, what its ending says. */
  readonly format?: Format;
  /** A folder whose files the machine serves itself: see docs/guide/assets.md. */
  readonly assets?: Configuration["assets"];
}

/** A program's image: the same for every target until it is machine code. */
export interface Image {
  readonly name: string;
  /** What went in: services, modules, every import that was granted. */
  readonly manifest: Manifest;
  /** The file that boots: a virtual machine's kernel ("qemu"), or a Linux executable ("process"); in `format`. */
  bytes(target: "qemu" | "process"): Promise<Uint8Array>;
  /** Writes `bytes` to `file`. */
  write(file: string, target?: "qemu" | "process"): Promise<void>;
}

/** As in a configuration; what names the image is `build`'s. */
export type RunOptions = Omit<Configuration, "entry" | "name" | "format">;

/** What each kind of target can truly tell of its memory. */
export type MachineStatus =
  | { readonly state: "running"; readonly residentBytes: number }
  | { readonly state: "running"; readonly kernelTouchedBytes: number; readonly appTouchedBytes: number }
  | { readonly state: "ended"; readonly exitStatus: number };

export interface VirtualMachine extends AsyncDisposable {
  /** Where it runs: "qemu (KVM)", "process", ... */
  readonly target: string;
  /** Why it is no better target, and how to get one. */
  readonly reason: string | undefined;
  /** The ports as they are bound. */
  readonly ports: readonly Port[];
  /** Of the machine's port 80, or else of the first that is joined. */
  readonly url: string | undefined;
  readonly logs: MachineLog;
  /** Resolves with the exit status when the machine has ended, however it did. */
  readonly exited: Promise<number>;
  /** Asks the machine: a path is of `url`. */
  fetch(path: string | URL, init?: RequestInit): Promise<Response>;
  status(): Promise<MachineStatus>;
  /** Ends it, and answers its status. */
  stop(): Promise<number>;
}

/** Images, with what they are made of. */
const sources = new WeakMap<Image, ModuleImage>();

/** Builds the image of a program: a .ts or .js server, an AssemblyScript app, a .wasm module. Throws `UserError`. */
export async function build(entry: string, options: BuildOptions = {}): Promise<Image> {
  const { buildApp } = await import("./app-image.ts");
  const { nameImage } = await import("../image/image.ts");
  const { buildNative } = await import("./native-images.ts");
  const { imageFile, PLATFORMS, writeImage } = await import("./write-image.ts");
  const { formatOfName } = await import("../image/image-bytes.ts");
  const form = (format: Format) => ({ format, configuration: "" });
  const { assets } = await checked({ assets: options.assets });
  const built = nameImage(await buildApp(entry, { assets }), options.name);
  const { manifest } = built;
  const image: Image = {
    name: manifest.name,
    manifest,
    bytes: async (target) =>
      imageFile(await buildNative(built, PLATFORMS[target]), target, form(options.format ?? "elf")),
    async write(file, target = "qemu") {
      const native = await buildNative(built, PLATFORMS[target]);
      writeImage(file, native, built, target, form(options.format ?? formatOfName(file)));
    },
  };
  sources.set(image, built);
  return image;
}

export interface InspectOptions {
  /** Of a program, and of an image that is no file yet: what it is made for. Default: "qemu". */
  readonly target?: "qemu" | "process";
}

/** What is in an image, of a file or of what a program becomes, with nothing left out. Throws `UserError`. */
export async function inspect(
  what: Image | string,
  { target = "qemu" }: InspectOptions = {},
): Promise<Inspection> {
  const { inspectBytes, inspectEntry } = await import("./inspect.ts");
  const { PLATFORMS } = await import("./write-image.ts");
  if (typeof what === "string") return inspectEntry(what, { platform: PLATFORMS[target] });
  return inspectBytes(await what.bytes(target), what.name);
}

export interface CompareOptions extends Pick<
  Configuration,
  "name" | "env" | "assets" | "isolation" | "accelerator"
> {
  /** Some of the kinds; by default all. */
  readonly only?: readonly KindName[];
  /** How often each kind is started for its time: 1 to 1000, by default 5. */
  readonly rounds?: number;
  /** What is asked for; by default "/". */
  readonly path?: string;
  /** The Linux microVM's kernel: a vmlinuz, with its modules in /lib/modules. By default one is looked for. */
  readonly kernel?: string;
  /** apt may download one into Skerry's cache. */
  readonly fetchKernel?: boolean;
}

/**
 * The program, a server, as a Linux process, in a container, in a Linux microVM, and as an image, measured in each way
 * that works on this computer. Throws `UserError` for what is no server.
 */
export async function compare(entry: string, options: CompareOptions = {}): Promise<Comparison> {
  const { only = KIND_NAMES, rounds, path, kernel, fetchKernel = false, ...configuration } = options;
  const { isRequestPath, isRounds, PATH_EXPECTED, ROUNDS_EXPECTED, USUAL_PATH, USUAL_ROUNDS } =
    await import("./compare-choice.ts");
  const stranger = only.find((kind) => !KIND_NAMES.includes(kind));
  if (stranger !== undefined) throw wrongOption("only", `some of ${KIND_NAMES.join(", ")}`, stranger);
  if (rounds !== undefined && !isRounds(rounds)) throw wrongOption("rounds", ROUNDS_EXPECTED, rounds);
  if (path !== undefined && !isRequestPath(path)) throw wrongOption("path", PATH_EXPECTED, path);
  const { imageWish, settingsOf } = await import("./settings.ts");
  const { compareEntry } = await import("./compare.ts");
  const settings = settingsOf(await checked(configuration), {});
  return compareEntry(entry, {
    name: configuration.name,
    wish: imageWish(settings),
    settings,
    only,
    rounds: rounds ?? USUAL_ROUNDS,
    path: path ?? USUAL_PATH,
    kernelFile: kernel,
    mayFetchKernel: fetchKernel,
    onStep: () => {},
    onSlowStart: () => {},
  });
}

function wrongOption(name: string, expected: string, found: unknown): UserError {
  return new UserError("options", `${name}: expected ${expected}, found ${JSON.stringify(found)}`);
}

/** Starts a program or an image, on a free port unless some are given. Throws `UserError` where it cannot. */
export async function run(what: Image | string, options: RunOptions = {}): Promise<VirtualMachine> {
  const { settingsOf } = await import("./settings.ts");
  const { startMachine } = await import("./start.ts");
  const settings = settingsOf({ ports: [ANY_PORT], ...(await checked(options)) }, {});
  const { image, choice } = await launchable(what, settings);
  const log = new KeptLog();
  const machine = await startMachine(image, choice, settings, (stream, text) => log.push(stream, text));
  void machine.exited.then(() => log.end());
  return face(machine, choice, log);
}

const ANY_PORT = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: HTTP_PORT };

async function checked(options: object): Promise<ValidConfiguration> {
  const { validate } = await import("./schema.ts");
  const validation = validate(options);
  if (validation.isGood) return validation.value;
  throw new UserError("options", validation.mistakes.join("\n"));
}

async function launchable(
  what: Image | string,
  settings: Settings,
): Promise<{ readonly image: Launchable; readonly choice: Choice }> {
  if (typeof what === "string") {
    const { imageWish } = await import("./settings.ts");
    return (await import("./make-image.ts")).makeImage(what, settings, { wish: imageWish(settings) });
  }
  const built = sources.get(what);
  if (built === undefined)
    throw new TypeError("run takes the path of a program, or an image that build made");
  const choice = await (await import("./choose-target.ts")).chooseTarget(settings);
  const { prepare } = await import("./native-images.ts");
  return { image: (await prepare(built, choice.target)).image, choice };
}

function face(machine: Machine, { label, reason }: Choice, logs: MachineLog): VirtualMachine {
  let exitStatus: number | undefined;
  void machine.exited.then((status) => (exitStatus = status));
  const { forwards } = machine;
  const forward = forwards.find(({ guestPort }) => guestPort === HTTP_PORT) ?? forwards[0];
  const url = forward === undefined ? undefined : guestUrl(forward);
  const stop = async (): Promise<number> => {
    await machine.stop();
    return machine.exited;
  };
  return {
    target: label,
    reason,
    ports: forwards.map(({ hostAddress, hostPort, guestPort }) => ({
      host: hostPort,
      guest: guestPort,
      address: hostAddress,
    })),
    url,
    logs,
    exited: machine.exited,
    async fetch(path, init) {
      if (url === undefined) throw new Error("no port of this machine is joined: it uses no network");
      return fetch(new URL(path, url), init);
    },
    async status() {
      if (exitStatus !== undefined) return { state: "ended", exitStatus };
      return { state: "running", ...(await machine.status()) };
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
