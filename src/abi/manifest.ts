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

export interface Manifest {
  readonly format: 1;
  readonly name: string;
  readonly face: Face;
  /** Sorted in the order of `SERVICE_NAMES`. */
  readonly services: readonly ServiceName[];
  readonly modules: readonly ManifestModule[];
  /** What the app may begin to talk to, whatever it is told at its start: in its kernel, sealed. Absent: nothing. */
  readonly outbound?: readonly string[];
  /** How requests are kept apart; absent: one compartment answers all. */
  readonly isolation?: ManifestIsolation;
}

export interface ManifestIsolation {
  readonly by: "request" | "tenant";
  readonly key: "host" | { readonly header: string };
  readonly compartments: number;
  readonly cpuMs: number;
  readonly memoryMiB: number;
  readonly outbound: number;
}
