/**
 * The manifest inside an image: what went in. Written by `image`, read by `targets`, `audit` and people.
 */
import type { ServiceName } from "./services.ts";

export type Face = "js" | "native";

export interface ManifestModule {
  /** `kernel`, `app`, `engine`: the role of this Wasm module. */
  readonly role: "kernel" | "app" | "engine";
  readonly compartment: "kernel" | "app";
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Imports granted, as `module.name`, sorted. */
  readonly imports: readonly string[];
}

/** What a part of an image's bytes is. */
export type PartKind =
  /** Machine code. */
  | "code"
  /** Read-only data beside it: numbers, jump tables, segments. */
  | "constants"
  /** What a linear memory and the contexts below it hold at start. */
  | "memory"
  /** What the keel is told of the image. */
  | "tables"
  /** u32 each, by `KeelCall`: the address, counted from the image's first window, that the call is accepted from. */
  | "calls"
  /** The filter of system calls, as classic BPF. */
  | "filter"
  /** What the kernel serves of files (`assets.ts`). */
  | "assets";

/** Whose: the keel, code that every image has, code around compartments, a module's, or nobody's: files are content. */
export type PartOwner = "keel" | "routines" | "thunks" | "platform" | "kernel" | "engine" | "app" | "files";

/** Bytes of the image as they are loaded: parts do not overlap, and beside code there is nothing but padding. */
export interface ManifestPart {
  readonly owner: PartOwner;
  readonly kind: PartKind;
  readonly address: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export type WindowAccess = "none" | "read" | "write" | "execute";

/** One piece of address space, by itself: what is between windows is not mapped. */
export interface ManifestWindow {
  readonly what: "image" | "information" | "devices" | "memory" | "table" | "stack" | "keel";
  readonly owner: "keel" | "platform" | "kernel" | "app";
  /** There are so many of this kind. */
  readonly count: number;
  /** From its lowest address on. */
  readonly ranges: readonly WindowRange[];
}

export interface WindowRange {
  readonly access: WindowAccess;
  readonly sizeBytes: number;
  readonly what: string;
}

/** A package whose code is in the image, as machine code or as script. */
export interface ManifestPackage {
  readonly name: string;
  readonly version: string;
  /** As its own description says it (SPDX); absent: it says nothing. */
  readonly licence?: string;
  /** The part that holds it; `runtime`: the script below the app's. */
  readonly in: "kernel" | "engine" | "app" | "runtime";
  /** Of the bundled script, or of the module it came as. */
  readonly sizeBytes?: number;
}

/** Of an image that is machine code. */
export interface ManifestNative {
  /** The version of Skerry that made it. */
  readonly builder: string;
  readonly parts: readonly ManifestPart[];
  readonly windows: readonly ManifestWindow[];
  /** Drivers in the kernel. */
  readonly devices: readonly string[];
}

export interface Manifest {
  readonly format: 1;
  readonly name: string;
  readonly face: Face;
  /** Sorted in the order of `SERVICE_NAMES`. */
  readonly services: readonly ServiceName[];
  readonly modules: readonly ManifestModule[];
  /** Sorted by name. */
  readonly packages?: readonly ManifestPackage[];
  readonly native?: ManifestNative;
  /** What the app may begin to talk to, whatever it is told at its start: in its kernel, sealed. Absent: nothing. */
  readonly outbound?: readonly string[];
  /** How requests are kept apart; absent: one compartment answers all. */
  readonly isolation?: ManifestIsolation;
  /** What of files is in it. */
  readonly assets?: ManifestAssets;
}

export interface ManifestAssets {
  readonly files: number;
  /** Of the files, as they are. */
  readonly contentBytes: number;
  /** Of all that is in the image for them. */
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface ManifestIsolation {
  readonly by: "request" | "tenant";
  readonly key: "host" | { readonly header: string };
  readonly compartments: number;
  readonly cpuMs: number;
  readonly memoryMiB: number;
  readonly outbound: number;
}
