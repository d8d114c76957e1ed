/** An image of Skerry's, on a target that works here: what it is, it says itself. */
import type { Inspection } from "../../audit/inspection.ts";
import type { Accelerator, Launchable, Target } from "../../targets/target.ts";
import type { Door, KindName, Layer, Measure } from "../comparison.ts";
import type { HostKernel } from "../kernel-facts.ts";
import { familyOf } from "../process-facts.ts";
import { door, type Kind, type Observed, type Started } from "./kind.ts";
import { EMULATED, exitsOf, guestMemory, monitorLayer } from "./monitor-layer.ts";
import { hostLayer, memoryOf } from "./node-layer.ts";

export interface SkerryImage {
  readonly name: Extract<KindName, "skerry" | "skerry-process">;
  readonly target: Target;
  readonly accelerator?: Accelerator;
  readonly label: string;
  readonly image: Launchable;
  readonly inspection: Inspection;
  readonly environment: Readonly<Record<string, string>>;
  readonly configuration: readonly string[];
}

const FORWARD = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 };
const READ = "read out of the image, as skerry inspect does";

/** `make`: rejects with `NotHere` where it cannot run. */
export function skerryKind(
  name: SkerryImage["name"],
  kernel: HostKernel,
  make: () => Promise<SkerryImage>,
): Kind {
  return {
    name,
    async prepare() {
      const made = await make();
      return {
        how: made.label,
        ...(made.accelerator === "tcg" ? { caution: EMULATED } : {}),
        shippedBytes: { value: made.inspection.file.sizeBytes, how: "the image's file" },
        start: () => start(made, kernel),
        close: () => {},
      };
    },
  };
}

async function start(made: SkerryImage, kernel: HostKernel): Promise<Started> {
  const { target, accelerator, image, environment, configuration } = made;
  let said = "";
  const before = new Set(familyOf(process.pid));
  const machine = await target.start(image, {
    forwards: [FORWARD],
    environment,
    configuration,
    outbound: [],
    ...(accelerator === undefined ? {} : { accelerator }),
    onConsole: (_stream, text) => void (said += text),
  });
  const port = machine.forwards[0]?.hostPort;
  if (port === undefined) throw new Error(`listens nowhere${said === "" ? "" : `: ${said.trim()}`}`);
  return {
    port,
    observe: () => {
      const [pid] = familyOf(process.pid).filter((one) => !before.has(one));
      return Promise.resolve(observe(made, kernel, pid ?? 0));
    },
    stop: () => machine.stop(),
  };
}

function observe(made: SkerryImage, kernel: HostKernel, pid: number): Observed {
  const { accelerator, inspection } = made;
  const layers = imageLayers(inspection, pid, accelerator);
  const memory = memoryOf(pid);
  if (accelerator === undefined) return { layers: [...layers, hostLayer(kernel)], memory };
  return {
    layers: [...layers, monitorLayer(pid, accelerator), hostLayer(kernel)],
    memory: { ...memory, guestBytes: guestMemory(pid) },
  };
}

function imageLayers(inspection: Inspection, pid: number, accelerator: Accelerator | undefined): Layer[] {
  const { reach, face, platform } = inspection;
  const isMachine = platform === "bare";
  const counted = (names: readonly string[]): Measure => ({ value: names.length, how: READ });
  const app: Layer = {
    name: face === "js" ? "QuickJS and the app" : "the app",
    role: "app",
    mode: isMachine ? "ring 3, a compartment" : "a compartment",
    holds:
      face === "js"
        ? "the engine as machine code; the Web's interfaces and your script, which are data to it"
        : "the app as machine code",
    codeBytes: codeOwnedBy(inspection, ["engine", "app"]),
    isShared: false,
    doors: [
      door("service calls", counted(reach.fromApp), {
        names: reach.fromApp,
        note: "through which the kernel reaches the bytes lent",
      }),
    ],
  };
  const kernel: Layer = {
    name: "kernel",
    role: "kernel",
    mode: isMachine ? "ring 3, a compartment" : "a compartment",
    holds: "drivers, TCP/IP and the services that this app uses; the gates between compartments",
    codeBytes: codeOwnedBy(inspection, ["kernel", "platform", "routines", "thunks"]),
    isShared: false,
    doors: isMachine ? [keelDoor(inspection)] : [filterDoor(inspection)],
  };
  if (!isMachine) return [app, kernel];
  const devices = reach.devices.map(({ name }) => name);
  const keel: Layer = {
    name: "keel",
    role: "keel",
    mode: "ring 0",
    holds: "boots, maps, catches faults, sleeps: no byte of the program's data passes through it",
    codeBytes: codeOwnedBy(inspection, ["keel"]),
    isShared: false,
    doors: [
      door("devices", counted(devices), { names: devices }),
      door("exits until then", exitsOf(pid, accelerator ?? "tcg")),
    ],
  };
  return [app, kernel, keel];
}

function keelDoor({ reach: { keelCalls } }: Inspection): Door {
  const names = keelCalls.map(({ name }) => name);
  const note = "each from one address alone";
  return door("keel calls", { value: names.length, how: READ }, { names, note });
}

function filterDoor({ reach: { systemCalls } }: Inspection): Door {
  const names = systemCalls.map(({ name }) => name);
  const note = "its filter: any other call ends it";
  return door("system calls", { value: names.length, how: `${READ}: its own filter` }, { names, note });
}

function codeOwnedBy({ executable }: Inspection, owners: readonly string[]): Measure {
  const value = executable.ranges
    .filter(({ owner }) => owners.includes(owner))
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { value, how: `${READ}: executable ranges` };
}
