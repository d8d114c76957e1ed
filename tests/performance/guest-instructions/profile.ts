/**
 * What a request costs a guest under load: instructions of ring 3 and of ring 0, function by function, and exits to the
 * monitor.
 *
 * The image runs under TCG with the plugin beside this file; `wrk` asks it over QEMU's own user network. Without a
 * random source in the processor nothing slides, so addresses name functions. What the boot took is counted apart.
 */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { buildNativeImage } from "../../../src/build/native-image.ts";
import { buildImage } from "../../../src/image/image.ts";
import type { LinkedProgram } from "../../../src/linker/linked.ts";
import { canCount, InstructionCounter, type Count } from "./count.ts";
import { freePort } from "../../../tools/free-port.ts";

export interface Load {
  readonly connections: number;
  /** A new connection for each request. */
  readonly closes?: boolean;
  readonly seconds?: number;
  /** What is asked for, if not "/". */
  readonly path?: string;
  /** A fresh compartment for each request. */
  readonly isApart?: boolean;
}

export interface RequestProfile {
  readonly requests: number;
  /** For each, driver and keel included. What came before the first is not in it. */
  readonly instructions: number;
  /** Of these, the keel's. */
  readonly keel: number;
  /** For each, what a hypervisor would have to look at: notices to devices, their registers, interrupts' ends, sleep. */
  readonly exits: number;
  /** Times that the guest went to sleep. */
  readonly sleeps: number;
  /** Most expensive first; start-up is in them. */
  readonly functions: readonly FunctionCost[];
}

export interface FunctionCost {
  readonly name: string;
  readonly instructions: number;
  readonly exits: number;
  /** By offset in the function's code. */
  readonly places: ReadonlyMap<number, number>;
}

const SECONDS = 3;
const ANSWER_LIMIT_MS = 60_000;
const RETRY_MS = 50;
/** Until the guest has gone to sleep after its first answer. */
const SETTLE_MS = 200;
/** Where images lie that nothing slides. */
const FIXED_BASE = 2n ** 39n;
/** Above it is the keel. */
const KEEL_FROM = 1n << 63n;
/** Shared routines stand before all functions. */
const ROUTINES = "routines: copy, fill";
const PLATFORM = "platform: gates, descriptors, clock";
const KEEL = "keel: sleep, interrupts, timer";

const QEMU = "qemu-system-x86_64";
const APART = { by: "request", cpuMs: 0 } as const;

const run = promisify(execFile);

export function canProfile(): boolean {
  return canCount() && spawnSync("wrk", ["--version"]).error === undefined;
}

/** Boots the image of `entry`, has `wrk` ask it, and counts. */
export async function profileRequests(entry: string, load: Load): Promise<RequestProfile> {
  const isolation = load.isApart === true ? APART : undefined;
  const { elf, linked } = await buildNativeImage(await buildImage(entry, { isolation }), "bare");
  const counter = new InstructionCounter();
  const port = await freePort();
  const file = (name: string): string => path.join(counter.folder, name);
  writeFileSync(file("image.elf"), elf);
  writeFileSync(file("configuration"), CONFIGURATION);
  const words = [...guestWords(port, file), ...counter.profileOptions];
  const guest = spawn(QEMU, words, { stdio: "ignore" });
  const ended = once(guest, "exit");
  let report = "";
  let before: Count | undefined;
  try {
    await answers(port);
    await sleep(SETTLE_MS);
    before = counter.read().at(-1);
    report = (await run("wrk", wrkWords(port, load))).stdout;
  } finally {
    guest.kill("SIGTERM");
    await ended;
  }
  const errors = /Socket errors.*|Non-2xx.*/.exec(report);
  if (errors !== null && load.closes !== true) throw new Error(`wrk: ${errors[0]}`);
  const requests = Number(/(\d+) requests in/.exec(report)?.[1]);
  if (!(requests > 0)) throw new Error(`wrk got no answer:\n${report}`);
  if (before === undefined) throw new Error("the guest did not sleep before it was asked");
  const profile = profileOf(linked, counter, { requests, before });
  rmSync(counter.folder, { recursive: true });
  return profile;
}

/** A static address: nothing but requests is on the wire. */
const CONFIGURATION = "net.address=10.0.2.15/24\nnet.gateway=10.0.2.2\nnet.dns=10.0.2.3\n";

function guestWords(port: number, file: (name: string) => string): string[] {
  const words =
    "-M microvm,acpi=off,pic=off,pit=off,rtc=on -accel tcg -cpu max,-rdrand -smp 2 -m 64M -nodefaults " +
    "-no-user-config -display none -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=1 " +
    "-global virtio-mmio.force-legacy=false -device virtio-rng-device " +
    `-netdev user,id=net,hostfwd=tcp:127.0.0.1:${port}-:80 -device virtio-net-device,netdev=net`;
  return [...words.split(" "), "-initrd", file("configuration"), "-kernel", file("image.elf")];
}

function wrkWords(port: number, { connections, closes, seconds, path = "/" }: Load): string[] {
  const words = ["-t1", "--timeout", "60s", `-c${connections}`, `-d${seconds ?? SECONDS}`];
  if (closes === true) words.push("-H", "Connection: close");
  return [...words, `http://127.0.0.1:${port}${path}`];
}

async function answers(port: number): Promise<void> {
  for (const end = Date.now() + ANSWER_LIMIT_MS; ; await sleep(RETRY_MS)) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

function profileOf(
  linked: LinkedProgram,
  counter: InstructionCounter,
  { requests, before }: { readonly requests: number; readonly before: Count },
): RequestProfile {
  const nameOf = namesOf(linked);
  const costs = new Map<string, { instructions: number; exits: number; places: Map<number, number> }>();
  for (const { address, count, exits } of counter.readProfile()) {
    const offset = Number(address - FIXED_BASE) - linked.sections.code.address;
    const { name, at } =
      address >= KEEL_FROM ? { name: KEEL, at: Number(address & 0xffffn) } : nameOf(offset);
    const share = count / requests;
    const cost = costs.get(name) ?? { instructions: 0, exits: 0, places: new Map<number, number>() };
    cost.instructions += share;
    cost.exits += exits / requests;
    cost.places.set(at, (cost.places.get(at) ?? 0) + share);
    costs.set(name, cost);
  }
  const events = counter.read();
  const end = events.at(-1)!;
  const keel = (end.keel - before.keel) / requests;
  const instructions = keel + (end.ring3 - before.ring3) / requests;
  const exits = (end.exits - before.exits) / requests;
  const sleeps = events.filter(({ event }) => event === "hlt").length / requests;
  const functions = [...costs]
    .map(([name, cost]) => ({ name, ...cost }))
    .sort((one, other) => other.instructions - one.instructions);
  return { requests, instructions, keel, exits, sleeps, functions };
}

type Name = { readonly name: string; readonly at: number };

/** Says which function an offset in the code belongs to. */
function namesOf(linked: LinkedProgram): (offset: number) => Name {
  const functions = linked.instances
    .flatMap(({ name, code, module }) =>
      module.functions.map((one) => ({
        start: code + one.offset,
        end: code + one.offset + one.sizeBytes,
        name: `${name} ${module.names[one.index] ?? one.index}`,
      })),
    )
    .sort((one, other) => one.start - other.start);
  const first = functions[0]?.start ?? 0;
  const known = new Map<number, Name>();
  return (offset) => {
    const before = known.get(offset);
    if (before !== undefined) return before;
    const found = functions.find(({ start, end }) => offset >= start && offset < end);
    const other = offset < first ? ROUTINES : PLATFORM;
    const name =
      found === undefined ? { name: other, at: offset } : { name: found.name, at: offset - found.start };
    known.set(offset, name);
    return name;
  };
}
