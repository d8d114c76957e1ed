/**
 * What an image touched of its machine, from QEMU's traces: every port, every address of a device, every PCI register,
 * and under KVM every kind of exit; by the names that `skerry inspect` has for devices.
 *
 * What comes before an image's first instruction is the firmware's. It ends with its last access to what it loads the
 * image from.
 */
import { readFileSync } from "node:fs";
import { Port } from "../../src/keel/ports.ts";

const EVENTS = ["memory_region_ops_read", "memory_region_ops_write", "pci_cfg_read", "pci_cfg_write"];

/** Options of QEMU. Notifications go through its devices, too, not past them to threads. */
export const traceWords = (file: string): string[] => [
  ...[...EVENTS, "kvm_run_exit"].flatMap((event) => ["-trace", event]),
  ...["-D", file, "-global", "virtio-mmio.ioeventfd=off"],
];

const LOADED_FROM = /name 'fwcfg/;

const SERIAL_PORTS = 8;
const PAGE_BYTES = 4096;
const PORTS: Readonly<Record<string, readonly number[]>> = {
  "serial port COM1": Array.from({ length: SERIAL_PORTS }, (_, at) => Port.Serial + at),
  "debug consoles": [Port.Errors, Port.Control],
  "debug exit port": [Port.DebugExit],
  "interrupt controllers": [Port.Pic1Mask, Port.Pic2Mask],
  "real-time clock": [Port.RealtimeClockIndex, Port.RealtimeClockValue],
  "keyboard controller's reset line": [Port.Keyboard],
  "PCI configuration, until sealed": [Port.PciAddress, Port.PciData],
};
const CONTROLLERS: readonly number[] = [0xfee0_0000, 0xfec0_0000];

/** By virtio device ID (virtio 1.2, 5), and by what QEMU calls its PCI devices. */
const VIRTIO: readonly (readonly [id: number, qemu: string, name: string])[] = [
  [1, "virtio-net", "virtio network"],
  [3, "virtio-serial", "virtio console"],
  [4, "virtio-rng", "virtio entropy"],
];
const MMIO_START = 0xfeb0_0000;
const MMIO_END = 0xfeb0_3000;
const MMIO_BYTES = 512;
/** Read to know a device: magic, version, ID (4.2.2). What is read but these, and all writes, are use of it. */
const MMIO_IDENTITY: readonly number[] = [0, 4, 8];
const MMIO_ID = 8;
/** What our drivers and the platform write. */
const MMIO_WRITTEN = new Set([
  ...[0x14, 0x20, 0x24, 0x30, 0x38, 0x44, 0x50, 0x64, 0x70],
  ...[0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4],
]);
/** The command register, and the head of the MSI-X capability where QEMU's devices have it. */
const PCI_WRITTEN: readonly number[] = [0x04, 0x98, 0x84];
const TABLE_BAR = 0x14;

export interface MachineTrace {
  /** How often each device was touched. What is none of these stands as it came. */
  readonly touched: ReadonlyMap<string, number>;
  /** Of KVM, as Linux numbers them (linux/kvm.h); none under TCG. */
  readonly exits: ReadonlySet<number>;
  /** PCI configuration that came after a device was told of the first buffer. */
  readonly lateConfigurations: number;
}

export function readTrace(file: string): MachineTrace {
  const lines = readFileSync(file, "latin1").split("\n");
  const own = lines.slice(lines.findLastIndex((line) => LOADED_FROM.test(line)) + 1);
  const touched = new Map<string, number>();
  const exits = new Set<number>();
  const attribution = new Attribution();
  let isNotified = false;
  let lateConfigurations = 0;
  for (const line of own) {
    const reason = /^kvm_run_exit .* reason (\d+)$/.exec(line)?.[1];
    if (reason !== undefined) exits.add(Number(reason));
    const name = attribution.of(line);
    if (name === undefined) continue;
    touched.set(name, (touched.get(name) ?? 0) + 1);
    if (/name 'virtio-pci-notify/.test(line)) isNotified = true;
    if (isNotified && name.startsWith("PCI")) lateConfigurations++;
  }
  return { touched, exits, lateConfigurations };
}

/** What was touched and is none of these. */
export function undeclared({ touched }: MachineTrace, names: readonly string[]): string[] {
  return [...touched.keys()].filter((name) => !names.includes(name));
}

class Attribution {
  /** Of slots on the MMIO bus: the ID that the device showed. */
  readonly #slots = new Map<number, number>();
  /** Where tables of messages lie: whose they are. */
  readonly #tables = new Map<number, string>();

  /** A device's name; undefined for a line that is no access. */
  of(line: string): string | undefined {
    const access =
      /^memory_region_ops_(read|write) cpu \d+ .* addr 0x([0-9a-f]+) value 0x([0-9a-f]+) .* name '(.*)'$/;
    const [, kind, address, value, region] = access.exec(line) ?? [];
    if (kind !== undefined) return this.#memory(kind, parseInt(address!, 16), parseInt(value!, 16), region!);
    const configuration = /^pci_cfg_(read|write) (\S+) \S+ @0x([0-9a-f]+) (?:->|<-) 0x([0-9a-f]+)$/;
    const [, way, device, register, word] = configuration.exec(line) ?? [];
    if (way === undefined) return undefined;
    return this.#configuration(way, device!, parseInt(register!, 16), parseInt(word!, 16));
  }

  #memory(kind: string, address: number, value: number, region: string): string {
    const raw = `${kind} ${address.toString(16)} (${region})`;
    const port = Object.entries(PORTS).find(([, ports]) => ports.includes(address));
    if (port !== undefined) return port[0];
    if (CONTROLLERS.includes(address - (address % PAGE_BYTES))) return "interrupt controllers";
    if (address >= MMIO_START && address < MMIO_END) return this.#mmio(kind, address, value) ?? raw;
    const table = this.#tables.get(address - (address % PAGE_BYTES));
    if (region === "msix-table" && table !== undefined) return table;
    const structure = /^virtio-pci-(?:common|device|notify)-(.*)$/.exec(region)?.[1];
    return nameOf(structure) ?? raw;
  }

  #mmio(kind: string, address: number, value: number): string | undefined {
    const register = address % MMIO_BYTES;
    const slot = address - register;
    if (register === MMIO_ID) this.#slots.set(slot, value);
    if (kind === "read" && MMIO_IDENTITY.includes(register)) return SEARCH;
    if (kind === "write" && !MMIO_WRITTEN.has(register)) return undefined;
    return VIRTIO.find(([id]) => id === this.#slots.get(slot))?.[2];
  }

  #configuration(way: string, device: string, register: number, word: number): string {
    if (register === TABLE_BAR)
      this.#tables.set(word - (word % PAGE_BYTES), nameOf(device.replace(/-pci$/, "")) ?? device);
    if (way === "read") return SEARCH;
    const name = nameOf(device.replace(/-pci$/, ""));
    return name !== undefined && PCI_WRITTEN.includes(register)
      ? name
      : `write ${register.toString(16)} of ${device}`;
  }
}

/** Looking for devices: reads that tell which they are. */
export const SEARCH = "search for devices";

function nameOf(qemu: string | undefined): string | undefined {
  return VIRTIO.find(([, own]) => own === qemu)?.[2];
}
