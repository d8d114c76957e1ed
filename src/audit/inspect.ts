/**
 * An image's bytes to what is known of it. Reads the image, never its build; names of functions, which no image holds,
 * come from whoever has them.
 *
 * Tests: inspect.test.ts
 */
import type { ManifestAssets, PartOwner } from "../abi/manifest.ts";
import { SERVICE_NAMES, type ServiceName } from "../abi/services.ts";
import { accountExecutable, hashOf } from "./accounting.ts";
import { fileBytesAt, readElf, type ElfFile } from "./elf.ts";
import { ImageFault } from "./image-fault.ts";
import type { ByteUse, Executable, InspectedCompartment, Inspection } from "./inspection.ts";
import { readManifest, type NativeManifest, type ReadManifest } from "./manifest.ts";
import { groupNames, type NamedCode } from "./code-names.ts";
import { grantsOf, reachOf } from "./reach.ts";

/** What each service gives. */
const SERVICE_WORDS: Readonly<Record<ServiceName, string>> = {
  app: "starts, ends, reads its environment",
  console: "prints",
  clock: "tells the time, sets alarms",
  entropy: "draws random numbers",
  ip: "IPv4 over Ethernet: ARP, ICMP, fragments",
  udp: "datagrams",
  tcp: "streams",
  dhcp: "asks for its address",
  ip6: "IPv6 beside IPv4",
  dns: "resolves names",
  http: "answers HTTP/1.1",
  fetch: "asks other servers by HTTP/1.1",
  websocket: "WebSockets for its clients",
  upgrade: "WebSockets to other servers",
  assets: "answers with files of the image",
};

/** Throws an `ImageFault` for a file that is no image, or no whole one. */
export function inspectImage(bytes: Uint8Array, names: readonly NamedCode[] = []): Inspection {
  const elf = readElf(bytes);
  const read = readManifest(elf);
  const { manifest } = read;
  const { name, face, native, packages, outbound = [], isolation, services, modules, assets } = manifest;
  return {
    format: 2,
    name,
    face,
    platform: elf.placement === "fixed" ? "bare" : "process",
    builder: native.builder,
    file: { sizeBytes: bytes.length, sha256: hashOf(bytes) },
    services: SERVICE_NAMES.map((service) => {
      return { name: service, isIn: services.includes(service), what: SERVICE_WORDS[service] };
    }),
    executable: executableOf(elf, manifest),
    compartments: compartmentsOf(elf, manifest),
    modules,
    bytes: bytesOf(elf, read, names),
    addressSpace: native.windows,
    reach: reachOf(elf, manifest),
    packages,
    outbound,
    ...(isolation === undefined ? {} : { isolation }),
    ...(assets === undefined ? {} : { assets: soundAssets(manifest, assets) }),
  };
}

/** As they are told, where the part that holds them is the same bytes. */
function soundAssets({ native }: NativeManifest, assets: ManifestAssets): ManifestAssets {
  const part = native.parts.find(({ owner }) => owner === "files");
  if (part?.sizeBytes === assets.sizeBytes && part.sha256 === assets.sha256) return assets;
  throw new ImageFault("has a manifest that makes no sense: it tells of files that the image does not hold");
}

function executableOf(elf: ElfFile, { native }: NativeManifest): Executable {
  const ranges = accountExecutable(elf, native.parts);
  const sumOf = (isPadding: boolean): number =>
    ranges.reduce(
      (sum, { owner, sizeBytes }) => ((owner === "padding") === isPadding ? sum + sizeBytes : sum),
      0,
    );
  const [componentBytes, paddingBytes] = [sumOf(false), sumOf(true)];
  if (componentBytes === 0) throw new ImageFault("holds no code");
  return { mappedBytes: componentBytes + paddingBytes, componentBytes, paddingBytes, ranges };
}

const MEMBERS: Readonly<Record<InspectedCompartment["name"], readonly PartOwner[]>> = {
  keel: ["keel"],
  kernel: ["kernel"],
  app: ["engine", "app"],
};

function compartmentsOf(elf: ElfFile, manifest: NativeManifest): InspectedCompartment[] {
  const { native, isolation } = manifest;
  const isMachine = elf.placement === "fixed";
  const names = isMachine ? (["app", "kernel", "keel"] as const) : (["app", "kernel"] as const);
  return names.map((name) => {
    const parts = native.parts.filter(({ owner }) => MEMBERS[name].includes(owner));
    const sumOf = (kinds: readonly string[]): number =>
      parts.reduce((sum, { kind, sizeBytes }) => (kinds.includes(kind) ? sum + sizeBytes : sum), 0);
    return {
      name,
      ring: name === "keel" ? 0 : 3,
      count: name === "app" ? (isolation?.compartments ?? 1) : 1,
      codeBytes: sumOf(["code"]),
      constantBytes: sumOf(["constants", "tables", "calls"]),
      memoryBytes: sumOf(["memory"]),
      granted: name === "keel" ? [] : grantsOf(manifest, name),
    };
  });
}

function bytesOf(
  elf: ElfFile,
  { manifest, sizeBytes }: ReadManifest,
  names: readonly NamedCode[],
): ByteUse[] {
  const uses = new Map<string, { -readonly [Key in keyof ByteUse]: ByteUse[Key] }>();
  const add = (owner: ByteUse["owner"], kind: ByteUse["kind"], more: number): void => {
    const key = `${owner} ${kind}`;
    const known = uses.get(key);
    if (known === undefined) uses.set(key, { owner, kind, sizeBytes: more });
    else known.sizeBytes += more;
  };
  for (const part of manifest.native.parts) {
    add(part.owner, part.kind, fileBytesAt(elf, part.address, part.sizeBytes));
  }
  add("file", "headers", elf.headerBytes);
  add("file", "manifest", sizeBytes);
  const used = [...uses.values()].reduce((sum, use) => sum + use.sizeBytes, 0);
  add("file", "alignment", elf.bytes.length - used);
  for (const use of uses.values()) {
    if (use.kind !== "code") continue;
    const groups = groupNames(
      names.filter(({ owner }) => owner === use.owner),
      use.sizeBytes,
    );
    if (groups.length > 1) use.groups = groups;
  }
  return [...uses.values()]
    .filter((use) => use.sizeBytes > 0)
    .sort((one, other) => other.sizeBytes - one.sizeBytes);
}
