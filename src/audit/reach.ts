/**
 * What an attacker can reach of an image: from the network, from an app that was taken over, from a kernel that was
 * taken over. Read from the image; what a service parses is the table here.
 *
 * Tests: inspect.test.ts
 */
import { KeelCall } from "../abi/boot.ts";
import type { Manifest, ManifestPart } from "../abi/manifest.ts";
import type { ServiceName } from "../abi/services.ts";
import { bytesAt, Access, PAGE_BYTES, type ElfFile } from "./elf.ts";
import { ImageFault } from "./image-fault.ts";
import type { Reach } from "./inspection.ts";
import type { NativeManifest } from "./manifest.ts";
import { readFilter } from "./system-calls.ts";

/** Bytes from outside, by the service that parses them. */
const PARSED: Partial<Readonly<Record<ServiceName, readonly (readonly [protocol: string, what: string])[]>>> =
  {
    ip: [
      ["Ethernet", "frames for its address, and broadcasts"],
      ["ARP", "questions and answers for its address"],
      ["IPv4", "datagrams and fragments"],
      ["ICMP", "echo; errors for what it sent"],
    ],
    ip6: [
      ["IPv6", "datagrams, fragments, extension headers"],
      ["ICMPv6", "echo, errors, neighbours, routers"],
    ],
    udp: [["UDP", "datagrams for open sockets"]],
    tcp: [["TCP", "segments; closed ports answer with a reset"]],
    dhcp: [["DHCP", "answers to its own questions"]],
    dns: [["DNS", "answers to its own questions"]],
    http: [["HTTP/1.1", "requests"]],
    fetch: [["HTTP/1.1", "responses of the servers it asks"]],
    websocket: [["WebSocket", "frames of connections that a handler accepted"]],
    upgrade: [["WebSocket", "frames of servers that it connects to"]],
  };

/** Where the script's server listens (`src/runtime/program.ts`). */
const HTTP_PORT = 80;

const DEVICES: Readonly<Record<string, string>> = {
  console: "virtio console",
  entropy: "virtio entropy",
  net: "virtio network",
};
const KEEL_DEVICES = [
  "serial port COM1",
  "debug consoles",
  "interrupt controllers",
  "real-time clock",
  "debug exit port",
  "keyboard controller's reset line",
];
/** Only where the kernel drives devices. */
const PCI = "PCI configuration, until sealed";

const KEEL_CALLS: Readonly<
  Record<Exclude<KeelCall, KeelCall.Count>, readonly [name: string, isBeforeSeal: boolean]>
> = {
  [KeelCall.ConsoleWrite]: ["console write", false],
  [KeelCall.Idle]: ["idle", false],
  [KeelCall.Exit]: ["exit", false],
  [KeelCall.SetUpcall]: ["set upcall", false],
  [KeelCall.Resume]: ["resume", false],
  [KeelCall.Pin]: ["pin", false],
  [KeelCall.MapDevice]: ["map device", true],
  [KeelCall.OpenInterrupt]: ["open interrupt", true],
  [KeelCall.Seal]: ["seal", false],
  [KeelCall.Discard]: ["discard", false],
  [KeelCall.CountPages]: ["count pages", false],
  [KeelCall.ReadPci]: ["read PCI configuration", true],
  [KeelCall.WritePci]: ["write PCI configuration", true],
  [KeelCall.TellEntries]: ["tell entries", false],
};

export function reachOf(elf: ElfFile, manifest: NativeManifest): Reach {
  const { services, native } = manifest;
  const { parts, devices } = native;
  const importsOf = (compartment: "kernel" | "app"): string[] => grantsOf(manifest, compartment);
  const keelCalls = readKeelCalls(elf, parts);
  const drives = elf.placement === "fixed" ? [...KEEL_DEVICES, ...(devices.length > 0 ? [PCI] : [])] : [];
  return {
    network: services.flatMap((service) =>
      (PARSED[service] ?? []).map(([protocol, what]) => ({ protocol, service, what })),
    ),
    ports: portsOf(manifest),
    fromApp: importsOf("app"),
    fromKernel: importsOf("kernel"),
    keelCalls,
    systemCalls: readSystemCalls(elf, parts),
    devices: [
      ...devices.map((name) => ({ name: DEVICES[name] ?? name, driver: "kernel" as const })),
      ...drives.map((name) => ({ name, driver: "keel" as const })),
    ],
  };
}

/** What a compartment's modules import, but for what they give each other. */
export function grantsOf({ modules }: Manifest, compartment: "kernel" | "app"): string[] {
  const imports = modules
    .filter((module) => module.compartment === compartment)
    .flatMap((module) => module.imports);
  const isInside = /^(engine|face)\.|^env\.memory$/;
  return [...new Set(imports)].filter((name) => !isInside.test(name)).sort();
}

function portsOf(manifest: Manifest): Reach["ports"] {
  const { face, services } = manifest;
  const imports = grantsOf(manifest, "app");
  const ports: Reach["ports"][number][] = [];
  if (imports.includes("http.listen")) {
    ports.push({ port: face === "js" ? HTTP_PORT : "chosen by the app", service: "http" });
  }
  if (imports.includes("assets.serve")) ports.push({ port: "chosen by the app", service: "assets" });
  if (imports.includes("tcp.listen")) ports.push({ port: "chosen by the app", service: "tcp" });
  if (imports.includes("udp.bind")) ports.push({ port: "chosen by the app", service: "udp" });
  return services.includes("ip") ? ports : [];
}

const BREAKPOINT = 0xcc;

/** Addresses in the image count from the page before its first section that is only read, behind the keel's tables. */
function readKeelCalls(elf: ElfFile, parts: readonly ManifestPart[]): Reach["keelCalls"] {
  const table = parts.find(({ kind }) => kind === "calls");
  if (table === undefined) return [];
  const bytes = bytesAt(elf, table.address, table.sizeBytes)!;
  const view = new DataView(bytes.buffer);
  const section = elf.segments.find(
    ({ access, address }) => (access & (Access.Write | Access.Execute)) === 0 && address > table.address,
  );
  const base = (section?.address ?? 0) - PAGE_BYTES;
  const calls: Reach["keelCalls"][number][] = [];
  for (let call: KeelCall = 0; call < KeelCall.Count && call * 4 + 4 <= bytes.length; call++) {
    const site = view.getUint32(call * 4, true);
    if (site === 0) continue;
    const address = base + site;
    if (bytesAt(elf, address, 1)?.[0] !== BREAKPOINT) {
      throw new ImageFault(`lists 0x${address.toString(16)} for calls of the keel, where there is none`);
    }
    const [name, isBeforeSeal] = KEEL_CALLS[call as Exclude<KeelCall, KeelCall.Count>];
    calls.push({ name, address, isBeforeSeal });
  }
  return calls;
}

function readSystemCalls(elf: ElfFile, parts: readonly ManifestPart[]): Reach["systemCalls"] {
  const filter = parts.find(({ kind }) => kind === "filter");
  return filter === undefined ? [] : readFilter(bytesAt(elf, filter.address, filter.sizeBytes)!);
}
