/** Skerry as a library: the verbs of the command line as functions. */
export { build, compare, inspect, run } from "./library/public.ts";
export type {
  BuildOptions,
  CompareOptions,
  Format,
  Image,
  InspectOptions,
  MachineStatus,
  RunOptions,
  VirtualMachine,
} from "./library/public.ts";
export type { Inspection } from "./audit/inspection.ts";
export type { ComparedKind, Comparison, KindName } from "./compare/comparison.ts";
export { defineConfig } from "./library/configuration.ts";
export type { Configuration, Limits, Port } from "./library/configuration.ts";
export type { LogLine, MachineLog } from "./library/machine-log.ts";
export type { Manifest, ManifestModule } from "./abi/manifest.ts";
export { UserError } from "./image/user-error.ts";
