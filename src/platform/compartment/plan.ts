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
  /** By number, as the kernel names them. */
  readonly compartments: readonly CompartmentPlan[];
  /** Behind the program's functions, by index. */
  readonly functions: readonly PlatformFunction[];
  /** Whether frames can wake a machine that has no deadline; without that it ends, status 0. */
  readonly isNetworked: boolean;
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
/** Compartments of one image: their records share a page. */
export const COMPARTMENTS_LIMIT = 64;
