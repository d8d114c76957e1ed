/** Skerry as a library: the verbs of the command line as functions. */
export { buildImage, type Image, type ImageWish } from "./image/image.ts";
export type { IsolationOption, IsolationSettings } from "./image/isolation.ts";
export { compileInParallel, type CompileOptions } from "./build/compile.ts";
export { nodeTarget } from "./targets/node/target.ts";
export { processTarget } from "./targets/process/target.ts";
export { qemuTarget } from "./targets/qemu/target.ts";
export type { Forward, Launchable, Machine, MachineOptions, Target } from "./targets/target.ts";
export type { Manifest } from "./abi/manifest.ts";
export { UserError } from "./image/user-error.ts";
