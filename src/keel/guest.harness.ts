/** Boots small hand-written programs under the keel, for tests: an image around their code, and QEMU to run it. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { BootInformation, ConsoleStream, KeelCall } from "../abi/boot.ts";
import { SegmentAccess, writeElf } from "../image/elf.ts";
import { HandAssembler } from "../x64/hand-assembler.ts";
import { RAX, RDI, RDX, RSI } from "../x64/register.ts";
import { INT3, LEA64 } from "../x64/tables/index.ts";
import { RunAccess, type KeelImage, type KeelRun, type KeelWindow } from "./image-table.ts";
import { emitKeel } from "./keel.ts";
import { KEEL_REGION_BYTES, KeelPage, PAGE_BYTES, WindowFlag, WindowKind } from "./layout.ts";
import { pvhNote } from "./pvh.ts";

export const PHYSICAL_BASE = 0x10_0000;
const PROGRAM = PHYSICAL_BASE + KEEL_REGION_BYTES;
/** Pages of a program: code, one of read-only data, one to write. */
const CODE_PAGES = 2;
const GUARD_BYTES = 1024 * 1024;

/** Windows of every test program. */
export const enum Guest {
  Image = 0,
  Information = 1,
  Devices = 2,
  Stack = 3,
  Heap = 4,
  Memory = 5,
  Count = 6,
}
export const HEAP_BYTES = 64 * 1024 * 1024;
/** One more of memory and heap. */
export const MANY = { count: 1, memoryWindow: Guest.Memory, stackWindow: Guest.Heap };

/** Where things stand in the image's window. */
export const enum Place {
  Code = PAGE_BYTES,
  UnusedCode = Code + PAGE_BYTES,
  Constants = Code + CODE_PAGES * PAGE_BYTES,
  Data = Constants + PAGE_BYTES,
  UpcallFrame = Data,
  UpcallStackEnd = Data + PAGE_BYTES,
  End = UpcallStackEnd,
}

export class GuestProgram extends HandAssembler {
  readonly sites = new Map<KeelCall, number>();
  readonly #texts: { label: number; text: string }[] = [];

  /** Arguments are in their registers. Each call has one place that it is made from: a routine. */
  keelCall(call: KeelCall): void {
    let routine = this.sites.get(call);
    if (routine === undefined) this.sites.set(call, (routine = this.label()));
    this.call(routine);
  }

  print(text: string): void {
    const label = this.label();
    this.#texts.push({ label, text });
    this.set(RDI, ConsoleStream.Output);
    this.ripLabel(LEA64, RSI, label);
    this.set(RDX, text.length);
    this.keelCall(KeelCall.ConsoleWrite);
  }

  exit(status: number): void {
    this.set(RDI, status);
    this.keelCall(KeelCall.Exit);
  }

  /** r12: the boot information, as a program begins. */
  windowBase(to: number, window: Guest): void {
    this.load(to, 12, BootInformation.Windows + window * 8);
  }

  /** From now on faults come to `handler`, rdi: the frame. */
  onUpcall(handler: number): void {
    this.windowBase(RDI, Guest.Image);
    this.address(RDX, RDI, Place.UpcallStackEnd);
    this.addConstant(RDI, Place.UpcallFrame);
    this.ripLabel(LEA64, RSI, handler);
    this.keelCall(KeelCall.SetUpcall);
  }

  /** Code, and the offset of each call's `int3`. */
  finishProgram(): { readonly code: Uint8Array; readonly callSites: Partial<Record<KeelCall, number>> } {
    const places = new Map<KeelCall, number>();
    for (const [call, routine] of this.sites) {
      const site = this.label();
      this.bind(routine);
      this.set(RAX, call);
      this.bind(site);
      places.set(call, site);
      this.none(INT3);
      this.ret();
    }
    for (const { label, text } of this.#texts) {
      this.bind(label);
      this.raw(new TextEncoder().encode(text));
    }
    const { code, labels } = this.finish();
    const callSites = Object.fromEntries(
      [...places].map(([call, label]) => [call, Place.Code + labels[label]!]),
    );
    return { code, callSites };
  }
}

/** The image of a program: `write` gets r12: boot information. */
export function guestImage(write: (a: GuestProgram) => void, change: Partial<KeelImage> = {}): Uint8Array {
  const a = new GuestProgram();
  a.move(12, RDI);
  write(a);
  const { code, callSites } = a.finishProgram();
  if (code.length > PAGE_BYTES) throw new Error("the program is too long for a test");
  const image: KeelImage = {
    physicalBase: PHYSICAL_BASE,
    windows: WINDOWS,
    runs: guestRuns(),
    callSites,
    entry: Place.Code,
    stackWindow: Guest.Stack,
    informationWindow: Guest.Information,
    deviceWindow: Guest.Devices,
    isTimed: true,
    ...change,
  };
  const keel = emitKeel(image);
  const read = SegmentAccess.Read;
  const segments = [
    { address: PHYSICAL_BASE, bytes: keel.bytes, sizeBytes: KEEL_REGION_BYTES, access: read },
    { address: PROGRAM, bytes: code, sizeBytes: CODE_PAGES * PAGE_BYTES, access: read },
    {
      address: physical(Place.Constants),
      bytes: Uint8Array.from(CONSTANT_TEXT, (character) => character.charCodeAt(0)),
      sizeBytes: Place.End - Place.Constants,
      access: read,
    },
  ];
  return writeElf(segments, keel.entry, { placement: "fixed", notes: [pvhNote(keel.entry)] });
}

const physical = (place: number) => PROGRAM + place - Place.Code;

/** What a test program has mapped; `access` says otherwise for some places. */
export function guestRuns(access: Readonly<Partial<Record<Place, RunAccess>>> = {}): readonly KeelRun[] {
  const run = (offset: Place, pages: number, usual: RunAccess): KeelRun => {
    const pagesAt = physical(offset);
    return { window: Guest.Image, offset, physical: pagesAt, pages, access: access[offset] ?? usual };
  };
  const information = PHYSICAL_BASE + KeelPage.Information * PAGE_BYTES;
  const text = physical(Place.Constants);
  return [
    run(Place.Code, 1, RunAccess.Execute),
    run(Place.UnusedCode, 1, RunAccess.Execute),
    run(Place.Constants, 1, RunAccess.Read),
    run(Place.Data, 1, RunAccess.Write),
    { window: Guest.Information, offset: 0, physical: information, pages: 1, access: RunAccess.Read },
    { window: Guest.Memory, offset: 0, physical: text, pages: 1, access: RunAccess.CopyOnWrite },
  ];
}

/** Begins with `ret`: where data can be run, running it comes back. */
export const CONSTANT_TEXT = "\xc3 is what the image holds";

const fixed = (sizeBytes: number): KeelWindow => {
  return { kind: WindowKind.Fixed, flags: 0, sizeBytes, baseOffset: 0, below: 0 };
};
const WINDOWS: readonly KeelWindow[] = [
  fixed(Place.End),
  fixed(32 * PAGE_BYTES),
  fixed(16 * PAGE_BYTES),
  {
    kind: WindowKind.Whole,
    flags: WindowFlag.Kernel,
    sizeBytes: GUARD_BYTES + 64 * PAGE_BYTES,
    baseOffset: GUARD_BYTES,
    below: 0,
  },
  { kind: WindowKind.Whole, flags: 0, sizeBytes: HEAP_BYTES, baseOffset: 0, below: 0 },
  {
    kind: WindowKind.Memory,
    flags: WindowFlag.Kernel,
    sizeBytes: 6 * 2 ** 30 + GUARD_BYTES,
    baseOffset: GUARD_BYTES,
    below: PAGE_BYTES,
  },
];

export type Accelerator = "tcg" | "kvm";

export interface BootOptions {
  readonly accelerator?: Accelerator;
  readonly cpu?: string;
  readonly memory?: string;
  readonly machine?: string;
  readonly more?: readonly string[];
  readonly timeLimitMs?: number;
  /** Called once the program has printed something. */
  readonly whileRunning?: (output: string) => Promise<void>;
}

export interface BootResult {
  /** As the program gave it; undefined if QEMU ended otherwise. */
  readonly status: number | undefined;
  readonly output: string;
  readonly errors: string;
}

const MICROVM = "microvm,acpi=off,pic=off,pit=off,rtc=on,isa-serial=on";

/** Runs QEMU until the guest ends. */
export async function boot(elf: Uint8Array, options: BootOptions = {}): Promise<BootResult> {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-guest-"));
  const file = path.join(folder, "image.elf");
  const errorsFile = path.join(folder, "errors");
  writeFileSync(file, elf);
  const {
    accelerator = "tcg",
    cpu = "max,-arch-capabilities",
    memory = "32M",
    timeLimitMs = 60_000,
  } = options;
  const words = ["-M", options.machine ?? MICROVM, "-accel", accelerator, "-cpu", cpu, "-m", memory];
  words.push("-smp", accelerator === "tcg" ? "2" : "1", "-nodefaults", "-no-user-config", "-display", "none");
  words.push("-no-reboot", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=1");
  words.push("-chardev", `file,id=errors,path=${errorsFile}`);
  words.push("-device", "isa-debugcon,iobase=0xe9,chardev=errors", "-kernel", file, ...(options.more ?? []));
  const child = spawn("qemu-system-x86_64", words, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let ownErrors = "";
  child.stdout.on("data", (bytes: Buffer) => (output += bytes.toString("latin1")));
  child.stderr.on("data", (bytes: Buffer) => (ownErrors += bytes.toString("latin1")));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeLimitMs);
  let looked: Promise<void> | undefined;
  child.stdout.on("data", () => (looked ??= options.whileRunning?.(output)));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  await looked;
  const errors = readFileSync(errorsFile, "latin1") + ownErrors;
  rmSync(folder, { recursive: true });
  return { status: code !== null && code % 2 === 1 ? code >> 1 : undefined, output, errors };
}

/** The accelerators that run a guest here. Without QEMU the test is skipped, and says so. */
export async function accelerators(t: TestContext): Promise<readonly Accelerator[]> {
  found ??= findAccelerators();
  const here = await found;
  if (here.length === 0) t.skip("needs qemu-system-x86_64");
  return here;
}

let found: Promise<readonly Accelerator[]> | undefined;

async function findAccelerators(): Promise<readonly Accelerator[]> {
  if (spawnSync("qemu-system-x86_64", ["--version"]).status !== 0) return [];
  const probe = guestImage((a) => a.exit(42));
  const working: Accelerator[] = [];
  for (const accelerator of ["tcg", "kvm"] as const) {
    if ((await boot(probe, { accelerator })).status === 42) working.push(accelerator);
  }
  return working;
}
