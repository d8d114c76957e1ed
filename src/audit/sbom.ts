/**
 * A CycloneDX 1.6 bill of materials: every executable byte of the image is a component's, with hash, address and size;
 * beside those stand the packages whose code went in.
 *
 * The same image gives the same document: it names no time, and its serial number is made of the image's hash.
 *
 * Tests: sbom.test.ts
 */
import { createHash } from "node:crypto";
import type { ManifestAssets, ManifestPackage, PartOwner } from "../abi/manifest.ts";
import type { ExecutableRange, Inspection } from "./inspection.ts";
import { isFromWasm, OWNERS } from "./words.ts";

interface Property {
  readonly name: string;
  readonly value: string;
}

interface Component {
  readonly type: "application" | "library" | "operating-system" | "file" | "data";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly purl?: string;
  readonly licenses?: readonly object[];
  readonly hashes?: readonly { readonly alg: "SHA-256"; readonly content: string }[];
  readonly properties?: readonly Property[];
  readonly components?: readonly Component[];
}

export interface Sbom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: Component; readonly tools: object };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly compositions: readonly { readonly aggregate: string; readonly assemblies: readonly string[] }[];
  readonly properties: readonly Property[];
}

const OWN_LICENCE = "Apache-2.0";
const PADDING = "padding";

export function sbomOf(inspection: Inspection): Sbom {
  const { name, builder, file, within, executable, packages, modules, assets } = inspection;
  const owners = [...new Set(executable.ranges.map(({ owner }) => owner))];
  // What a module was made from that came as Wasm is not known.
  const unknown: readonly ExecutableRange["owner"][] = isFromWasm(inspection) ? ["app"] : [];
  const image: Component = {
    type: "application",
    "bom-ref": "image",
    name,
    description: `unikernel image, ${inspection.platform === "bare" ? "a virtual machine's kernel" : "a Linux executable"}`,
    hashes: hashes(file.sha256),
    properties: properties({
      "file:sizeBytes": file.sizeBytes,
      ...(within === undefined ? {} : { "within:format": within.format, "within:sha256": within.sha256 }),
    }),
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialNumber(file.sha256),
    version: 1,
    metadata: {
      tools: { components: [{ type: "application", name: "skerry", version: builder }] },
      component: image,
    },
    components: [
      ...owners.map((owner) => ownerComponent(owner, inspection)),
      ...packages.map(packageComponent),
      ...(assets === undefined ? [] : [assetsComponent(assets)]),
    ],
    dependencies: [
      { ref: image["bom-ref"], dependsOn: owners.map(ownerRef) },
      ...owners.map((owner) => {
        return {
          ref: ownerRef(owner),
          dependsOn: packages.filter((each) => holderOf(each) === owner).map(packageRef),
        };
      }),
    ],
    compositions: [
      { aggregate: "complete", assemblies: owners.filter((owner) => !unknown.includes(owner)).map(ownerRef) },
      ...(unknown.length === 0 ? [] : [{ aggregate: "unknown", assemblies: unknown.map(ownerRef) }]),
    ],
    properties: properties({
      "executable:mappedBytes": executable.mappedBytes,
      "executable:componentBytes": executable.componentBytes,
      "executable:paddingBytes": executable.paddingBytes,
      "executable:unaccountedBytes": 0,
      ...Object.fromEntries(modules.map(({ role, sha256 }) => [`module:${role}:sha256`, sha256])),
    }),
  };
}

function ownerComponent(owner: ExecutableRange["owner"], inspection: Inspection): Component {
  const ranges = inspection.executable.ranges.filter((each) => each.owner === owner);
  const sizeBytes = ranges.reduce((sum, range) => sum + range.sizeBytes, 0);
  return {
    type:
      owner === "kernel" || owner === "keel"
        ? "operating-system"
        : owner === "app"
          ? "application"
          : "library",
    "bom-ref": ownerRef(owner),
    ...(owner === PADDING
      ? { name: PADDING, description: "zeros between code and at its end" }
      : identityOf(owner, inspection)),
    properties: properties({ "executable:sizeBytes": sizeBytes }),
    components: ranges.map(rangeComponent),
  };
}

function identityOf(
  owner: PartOwner,
  { builder, face, name, packages }: Inspection,
): Pick<Component, "name" | "version" | "description" | "licenses"> {
  const { label, what } = OWNERS[owner];
  if (owner === "engine") {
    const engine = packages.find((each) => each.in === "engine");
    const licenses = engine?.licence === undefined ? {} : { licenses: licensesOf(engine.licence) };
    return {
      name: "engine",
      ...(engine === undefined ? {} : { version: engine.version }),
      description: what,
      ...licenses,
    };
  }
  // A script's own machine code is the glue between engine and kernel; another app is its author's.
  if (owner === "app" && face === "native") return { name: `${name} (app)`, description: what };
  return { name: `skerry ${label}`, version: builder, description: what, licenses: licensesOf(OWN_LICENCE) };
}

function rangeComponent({ owner, kind, address, sizeBytes, sha256 }: ExecutableRange): Component {
  return {
    type: "file",
    "bom-ref": `${ownerRef(owner)}@${hexadecimal(address)}`,
    name: `${owner} ${kind} ${hexadecimal(address)}`,
    hashes: hashes(sha256),
    properties: properties({
      "range:address": hexadecimal(address),
      "range:sizeBytes": sizeBytes,
      "range:kind": kind,
    }),
  };
}

/** Nothing of it is ever executed. */
function assetsComponent({ files, contentBytes, sizeBytes, sha256 }: ManifestAssets): Component {
  return {
    type: "data",
    "bom-ref": "files",
    name: "files",
    description: OWNERS.files.what,
    hashes: hashes(sha256),
    properties: properties({
      "files:count": files,
      "files:contentBytes": contentBytes,
      "files:sizeBytes": sizeBytes,
    }),
  };
}

function packageComponent(each: ManifestPackage): Component {
  const { name, version, licence, sizeBytes } = each;
  return {
    type: "library",
    "bom-ref": packageRef(each),
    name,
    version,
    purl: purlOf(each),
    ...(licence === undefined ? {} : { licenses: licensesOf(licence) }),
    properties: properties({
      "package:in": each.in,
      ...(sizeBytes === undefined ? {} : { "package:sizeBytes": sizeBytes }),
    }),
  };
}

/** Scripts are the app's data, and below them the engine's. */
function holderOf({ in: where }: ManifestPackage): PartOwner {
  return where === "runtime" ? "engine" : where;
}

function purlOf({ name, version }: ManifestPackage): string {
  return `pkg:npm/${name.split("/").map(encodeURIComponent).join("/")}@${encodeURIComponent(version)}`;
}

/** A single name of SPDX's list is an expression too; what is none is told as it stands. */
function licensesOf(licence: string): readonly object[] {
  const isExpression =
    /^\(?[\w.+-]+\)?( (AND|OR|WITH) \(?[\w.+-]+\)?)*$/.test(licence) && licence !== "UNLICENSED";
  return isExpression ? [{ expression: licence }] : [{ license: { name: licence } }];
}

const ownerRef = (owner: ExecutableRange["owner"]): string => `part:${owner}`;
const packageRef = (each: ManifestPackage): string => `${purlOf(each)}#${each.in}`;
const hashes = (content: string) => [{ alg: "SHA-256" as const, content }];
const hexadecimal = (address: number): string => `0x${address.toString(16)}`;

function properties(values: Readonly<Record<string, string | number>>): Property[] {
  return Object.entries(values).map(([name, value]) => ({ name: `skerry:${name}`, value: String(value) }));
}

/** RFC 9562, 5.8: of a hash. */
function serialNumber(sha256: string): string {
  const bytes = createHash("sha256").update(`skerry ${sha256}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")}`;
}
