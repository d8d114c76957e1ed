/**
 * What of a program is the kernel, what are its compartments, and what stands behind each function that the platform
 * writes: all that the code between compartments is made from.
 *
 * Made by `plan-image.ts`; nothing else decides who may call whom.
 */
import type { Call } from "../../abi/services.ts";
import type { Program } from "../../linker/program.ts";

export interface ImagePlan {
  readonly program: Program;
  readonly kernel: KernelPlan;
  /** Kinds of compartments. */
  readonly compartments: readonly CompartmentPlan[];
  /** Behind the program's functions, by index. */
  readonly functions: readonly PlatformFunction[];
  /** Of each compartment, where the configuration says nothing else. */
  readonly limits?: CompartmentLimits;
  /** What the kernel serves of files (`src/abi/assets.ts`). */
  readonly assets?: Uint8Array;
  /** Whether frames can wake a machine that has no deadline; without that it ends, status 0. */
  readonly isNetworked: boolean;
}

export interface CompartmentLimits {
  /** How long one entry may run. */
  readonly timeMs: number;
  readonly memoryMiB: number;
}

/** A function by instance and index in its module's function index space. */
export interface FunctionName {
  readonly instance: number;
  readonly index: number;
}

export interface KernelPlan {
  readonly instance: number;
  readonly start: FunctionName;
  readonly run: FunctionName;
  readonly stackBytes: number;
}

export interface CompartmentPlan {
  /** In the order of their initialization; all over one memory. */
  readonly instances: readonly number[];
  /** By `AppEntry`; undefined where the app does not export it. */
  readonly entries: readonly (FunctionName | undefined)[];
  readonly stackBytes: number;
  readonly script?: ScriptPlan;
  /**
   * How many compartments there are of this kind, of one code and one initial content. More than one only where the
   * image has no other kind; all but the first begin with `restart`.
   */
  readonly count?: number;
}

export interface ScriptPlan {
  /** With the zero behind it. */
  readonly bytes: Uint8Array;
  /** Gives the place for so many bytes. */
  readonly reserve: FunctionName;
}

export type PlatformFunction =
  /** A service call, to the kernel's function. */
  | {
      readonly kind: "gate";
      readonly compartment: number;
      readonly call: Call;
      readonly target: FunctionName;
    }
  /** `platform.<name>`, `compartment.<name>`, `device.<name>`: the kernel's alone. */
  | { readonly kind: "platform" | "compartment" | "device"; readonly name: string }
  /** AssemblyScript's `env.abort`. */
  | { readonly kind: "abort" };

/** Of the native stack of a compartment. A script engine recurses on it, and stops itself well before. */
export const APP_STACK_BYTES = 4 * 1024 * 1024;
/** The kernel does not recurse. */
export const KERNEL_STACK_BYTES = 256 * 1024;
/** Kinds of compartments of one image, and compartments whose records share a page with the rest of the state. */
export const KINDS_LIMIT = 64;
/** Compartments of one image. */
export const COMPARTMENTS_LIMIT = 1024;

/** Compartments of an image, by number as the kernel names them: those of the first kind first. */
export function compartmentCount({ compartments }: ImagePlan): number {
  return compartments.reduce((sum, { count = 1 }) => sum + count, 0);
}

/** Whether one kind has several compartments: then it is the only kind. */
export function isReplicated({ compartments }: ImagePlan): boolean {
  return compartments.some(({ count = 1 }) => count > 1);
}
