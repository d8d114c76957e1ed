/**
 * What runs a script's modules: our compiler with the process platform, or V8 as the control of the runner itself.
 *
 * A script is run in two passes. First all its modules are compiled and all its instances named, with the instances
 * that their imports come from; `prepare` then links what can be linked. Only then are instances made and called,
 * in the script's order.
 */
import type { TrapKind } from "../../src/abi/trap.ts";
import type { Value } from "./value.ts";

export interface ExecutorFace<Module> {
  compile(bytes: Uint8Array): Promise<Compilation<Module>>;
  /** Once, before all that follow. */
  prepare(instances: readonly Blueprint<Module>[]): Promise<void>;
  /** Instances are named by their index in what was prepared. */
  instantiate(instance: number): Promise<Outcome>;
  invoke(instance: number, name: string, values: readonly Value[]): Promise<Outcome>;
  get(instance: number, name: string): Promise<Outcome>;
  stop(): Promise<void>;
}

export type Executor = ExecutorFace<unknown>;

export type Compilation<Module> =
  | { readonly kind: "compiled"; readonly module: Module; readonly imports: readonly string[] }
  | {
      readonly kind: "refused";
      /** As far as the executor can tell. */
      readonly why: "malformed" | "invalid" | "unsupported" | "unknown";
      readonly message: string;
      readonly proposal?: string;
    }
  /** It neither took nor refused the module: a fault of its own. */
  | { readonly kind: "crashed"; readonly message: string };

export interface Blueprint<Module> {
  readonly module: Module;
  /** The instance that is registered under an import's module name when this one is made. */
  readonly provider: (module: string, name: string) => number | undefined;
}

export type Outcome =
  | { readonly kind: "returned"; readonly values: readonly Value[] }
  /** More than one kind where the engine's words leave it open. */
  | { readonly kind: "trapped"; readonly traps: readonly TrapKind[]; readonly message: string }
  | { readonly kind: "unlinkable"; readonly message: string }
  /** The call could not be made, or did not end. */
  | { readonly kind: "failed"; readonly message: string };

export const CALL_TIME_LIMIT_MS = 20_000;
