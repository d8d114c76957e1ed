/** Node in a Linux machine of its own: the monitor and the network of our images, a distribution's kernel. */
import { readFileSync, statSync } from "node:fs";
import { cached, keyOf } from "../../image/cache.ts";
import { PrivateFiles } from "../../targets/native/private-files.ts";
import { bootId, type QemuFacts } from "../../targets/qemu/probe.ts";
import type { Accelerator } from "../../targets/target.ts";
import type { Layer, Measure } from "../comparison.ts";
import { firstResponse } from "../first-response.ts";
import { systemCallsOf, type HostKernel } from "../kernel-facts.ts";
import { codeSections } from "../linux/code-sections.ts";
import { FORMS, writeGuest, type Form, type LinuxFiles } from "../linux/guest-files.ts";
import { findKernel, type KernelWish, type LinuxKernel } from "../linux/kernel.ts";
import { DEVICES, DISK_DEVICE, startLinux, type LinuxMachine } from "../linux/machine.ts";
import type { NodeApp } from "../node-app.ts";
import { nodeFiles, sizeOf } from "../node-files.ts";
import { messageOf, NotHere } from "../not-here.ts";
import { door, type Kind, type Observed, type Ready, type Started } from "./kind.ts";
import { EMULATED, exitsOf, guestMemory, monitorLayer } from "./monitor-layer.ts";
import { hostLayer, memoryOf, nodeLayer } from "./node-layer.ts";

/** Enough for Node, on a disk or in memory. */
const MEMORY_MIB: Readonly<Record<Form, number>> = { disk: 256, memory: 384 };
/** Even so long a boot is one. */
const LIMITS_MS: Readonly<Record<Accelerator, number>> = { kvm: 15_000, tcg: 60_000 };
const TOLD = /^told ([A-Za-z0-9+/=]+)\r?\n/m;
const TELL_LIMIT_MS = 60_000;

interface Told {
  readonly maps: string;
  readonly memory: string;
  readonly calls: string;
}

export interface MicrovmWish {
  readonly kernel: KernelWish;
  readonly facts: () => Promise<QemuFacts>;
  readonly accelerator: Accelerator | undefined;
}

interface Guest {
  readonly facts: QemuFacts;
  readonly accelerator: Accelerator;
  readonly files: LinuxFiles;
  readonly form: Form;
}

export function microvmKind(app: NodeApp, host: HostKernel, wish: MicrovmWish): Kind {
  return { name: "microvm", prepare: () => prepare(app, host, wish) };
}

async function prepare(app: NodeApp, host: HostKernel, wish: MicrovmWish): Promise<Ready> {
  const facts = await wish.facts();
  const linux = await findKernel(wish.kernel);
  const folder = new PrivateFiles();
  try {
    const { files, form } = write(folder.folder, linux, app);
    const { accelerator, problems } = await firstThatBoots(facts, wish.accelerator, files, form);
    const guest = { facts, accelerator, files, form };
    const where = form === "disk" ? "on a read-only disk" : "in the first file system, in memory";
    return {
      how: `QEMU ${facts.version.join(".")}, ${accelerator.toUpperCase()}; Linux ${linux.release}, one processor; node ${process.versions.node} and its libraries, copied from this host, ${where}, as an ordinary user; network by Skerry's gateway`,
      shippedBytes: shippedBytes(linux, files, app),
      ...(accelerator === "kvm" ? {} : { caution: [EMULATED, ...problems].join("; ") }),
      start: () => start(guest, host),
      close: () => folder.remove(),
    };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

/** A disk is read as it is used; where none can be made, everything lies in memory. */
function write(folder: string, linux: LinuxKernel, app: NodeApp): { files: LinuxFiles; form: Form } {
  const attempts = FORMS.toReversed();
  for (const form of attempts) {
    try {
      return { files: writeGuest(folder, linux, app, form), form };
    } catch (error) {
      if (!(error instanceof NotHere) || form === attempts.at(-1)) throw error;
    }
  }
  throw new Error("there is a form of guest");
}

/** Linux may not come up under a KVM under which a small guest does: some hosts interpret what it does in ring 0. */
async function firstThatBoots(
  facts: QemuFacts,
  asked: Accelerator | undefined,
  files: LinuxFiles,
  form: Form,
): Promise<{ accelerator: Accelerator; problems: readonly string[] }> {
  const problems: string[] = [];
  for (const accelerator of asked === undefined ? (["kvm", "tcg"] as const) : [asked]) {
    const isSure = asked !== undefined || accelerator === "tcg";
    const boot = (): Promise<string | undefined> => boots(facts, accelerator, files, form);
    const problem =
      facts.problems[accelerator] ?? (await (isSure ? boot() : remembered(files.release, boot)));
    if (problem === undefined) return { accelerator, problems };
    problems.push(`under ${accelerator.toUpperCase()}: ${problem}`);
  }
  throw new NotHere(`Linux does not come up here: ${problems.join("; ")}`);
}

/** Waiting for a guest that does not come up takes long: what came of it is kept until the host boots anew. */
async function remembered(
  release: string,
  boot: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const key = keyOf("linux-guest", [release, bootId()]);
  let isNew = false;
  const bytes = await cached(`${key}.json`, async () => {
    isNew = true;
    return Buffer.from(JSON.stringify((await boot()) ?? null));
  });
  const problem = JSON.parse(Buffer.from(bytes).toString()) as string | null;
  if (problem === null) return undefined;
  return isNew ? problem : `${problem}, as found before (--accelerator kvm tries again)`;
}

async function boots(
  facts: QemuFacts,
  accelerator: Accelerator,
  files: LinuxFiles,
  form: Form,
): Promise<string | undefined> {
  const limitMs = LIMITS_MS[accelerator];
  try {
    const machine = await startLinux(facts, accelerator, files, { memoryMiB: MEMORY_MIB[form], limitMs });
    try {
      await firstResponse(machine.port, limitMs);
    } finally {
      await machine.stop();
    }
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function shippedBytes({ bootFile }: LinuxKernel, { initramfs, disk }: LinuxFiles, app: NodeApp): Measure {
  const onDisk = disk === undefined ? 0 : sizeOf(nodeFiles()) + app.code.length;
  const value = statSync(bootFile).size + statSync(initramfs).size + onDisk;
  return { value, how: "the kernel as it is packed, its drivers, node with its libraries, the app's bundle" };
}

async function start({ facts, accelerator, files, form }: Guest, host: HostKernel): Promise<Started> {
  const options = { memoryMiB: MEMORY_MIB[form], limitMs: LIMITS_MS[accelerator] };
  const machine = await startLinux(facts, accelerator, files, options);
  return {
    port: machine.port,
    observe: () => observe(machine, accelerator, files, host),
    stop: () => machine.stop(),
  };
}

async function observe(
  machine: LinuxMachine,
  accelerator: Accelerator,
  files: LinuxFiles,
  host: HostKernel,
): Promise<Observed> {
  const memory = memoryOf(machine.pid);
  const exits = exitsOf(machine.pid, accelerator);
  const [, text] = await machine.spoken.match(TOLD, TELL_LIMIT_MS);
  const told = JSON.parse(Buffer.from(text!, "base64").toString()) as Told;
  const calls = systemCallsOf(told.calls);
  const count: Measure =
    calls === undefined
      ? { value: null, why: "the guest's /proc/kallsyms tells nothing" }
      : { value: calls.length, how: "functions __x64_sys_* of the guest's /proc/kallsyms" };
  const node = nodeLayer(told.maps, "a process of the guest", [
    door("system calls", count, { note: "no filter" }),
  ]);
  const devices = [...DEVICES, ...(files.disk === undefined ? [] : [DISK_DEVICE])];
  const kernel: Layer = {
    name: "Linux of the guest",
    role: "kernel",
    mode: "ring 0 of the guest",
    holds: "system calls, file systems, TCP/IP, drivers",
    codeBytes: guestCode(files),
    isShared: false,
    doors: [
      door("devices", { value: devices.length, how: "as QEMU was told" }, { names: devices }),
      door("exits until then", exits),
    ],
  };
  return {
    layers: [node, kernel, monitorLayer(machine.pid, accelerator), hostLayer(host)],
    memory: { ...memory, guestBytes: guestMemory(machine.pid) },
  };
}

/** What stays once it has started: what is for starting is given back. */
function guestCode({ kernel, modules }: LinuxFiles): Measure {
  const all = [new Uint8Array(readFileSync(kernel)), ...modules.map(({ bytes }) => bytes)].map(codeSections);
  if (all.some((sizeBytes) => sizeBytes === undefined)) {
    return { value: null, why: "its kernel is packed in a way that nothing here unpacks" };
  }
  return {
    value: all.reduce((sum: number, sizeBytes) => sum + sizeBytes!, 0),
    how: `executable sections of the kernel and of ${modules.length} modules that stay in memory`,
  };
}
