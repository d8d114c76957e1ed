/**
 * What `skerry inspect --json` prints: these types are its schema. Sizes are bytes, addresses those of the file's own
 * segments, hashes SHA-256 in hexadecimal.
 */
import type {
  Face,
  ManifestAssets,
  ManifestIsolation,
  ManifestPackage,
  ManifestWindow,
  PartKind,
  PartOwner,
} from "../abi/manifest.ts";
import type { ServiceName } from "../abi/services.ts";

export interface Inspection {
  readonly format: 2;
  readonly name: string;
  readonly face: Face;
  /** `bare`: the kernel of a virtual machine; `process`: a Linux executable. */
  readonly platform: "bare" | "process";
  /** The version of Skerry that made it. */
  readonly builder: string;
  readonly file: { readonly sizeBytes: number; readonly sha256: string };
  /** Where the image was found inside another file: what else that holds, as a boot loader, is not described. */
  readonly within?: Container;
  /** All there are, in the order of `SERVICE_NAMES`. */
  readonly services: readonly InspectedService[];
  readonly compartments: readonly InspectedCompartment[];
  readonly modules: readonly InspectedModule[];
  /** Every byte of the file, once. */
  readonly bytes: readonly ByteUse[];
  readonly executable: Executable;
  readonly addressSpace: readonly ManifestWindow[];
  readonly reach: Reach;
  readonly packages: readonly ManifestPackage[];
  /** What the app may begin to talk to, whatever it is told at its start. */
  readonly outbound: readonly string[];
  readonly isolation?: ManifestIsolation;
  /** Files that the kernel serves: how many, their bytes as they are, and all that the image holds of them. */
  readonly assets?: ManifestAssets;
}

export interface Container {
  /** A disk that boots by itself, or an OCI archive. */
  readonly format: "raw" | "oci";
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface InspectedService {
  readonly name: ServiceName;
  readonly isIn: boolean;
  /** What an app without it cannot do. */
  readonly what: string;
}

export interface InspectedCompartment {
  readonly name: "keel" | "kernel" | "app";
  /** Of the processor; of a process everything is in ring 3, and Linux below it. */
  readonly ring: 0 | 3;
  /** How many there may be at a time. */
  readonly count: number;
  readonly codeBytes: number;
  readonly constantBytes: number;
  /** Of its memory at start, what the image holds. */
  readonly memoryBytes: number;
  /** All it can call outside itself, as `module.name`, sorted. */
  readonly granted: readonly string[];
}

export interface InspectedModule {
  readonly role: "kernel" | "app" | "engine";
  readonly compartment: "kernel" | "app";
  /** The Wasm that it was compiled from. */
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly imports: readonly string[];
}

export type ByteOwner = PartOwner | "file";
export type ByteKind = PartKind | "headers" | "manifest" | "alignment";

/** Some of the file. */
export interface ByteUse {
  readonly owner: ByteOwner;
  readonly kind: ByteKind;
  readonly sizeBytes: number;
  /** By what the code is for, largest first; where names stand beside the image. */
  readonly groups?: readonly { readonly name: string; readonly sizeBytes: number }[];
}

export interface Executable {
  /** In memory, whole pages. */
  readonly mappedBytes: number;
  /** Of them, those that belong to a component: all others are padding, which is accounted for as well. */
  readonly componentBytes: number;
  readonly paddingBytes: number;
  /** Without a gap in each run of executable pages. */
  readonly ranges: readonly ExecutableRange[];
}

export interface ExecutableRange {
  readonly owner: PartOwner | "padding";
  readonly kind: PartKind | "padding";
  readonly address: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Ways in, from the outermost. */
export interface Reach {
  /** What anyone who can send frames to the machine can make it parse. */
  readonly network: readonly {
    readonly protocol: string;
    readonly service: ServiceName;
    readonly what: string;
  }[];
  readonly ports: readonly { readonly port: number | "chosen by the app"; readonly service: ServiceName }[];
  /** What a compromised app can call: its service calls. */
  readonly fromApp: readonly string[];
  /** What a compromised kernel can call. */
  readonly fromKernel: readonly string[];
  /** Of the keel, by machine code: `int3` is accepted at these addresses alone. */
  readonly keelCalls: readonly {
    readonly name: string;
    readonly address: number;
    readonly isBeforeSeal: boolean;
  }[];
  /** Of Linux, read from the filter that the process puts upon itself. */
  readonly systemCalls: readonly { readonly name: string; readonly number: number; readonly when?: string }[];
  /** What the machine drives. */
  readonly devices: readonly { readonly name: string; readonly driver: "kernel" | "keel" }[];
}
