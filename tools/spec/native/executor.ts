/**
 * Runs scripts as programs are built: compiled by our compiler, linked, and run as a Linux process, one for a
 * script.
 */
import type { CompiledModule, ModuleExport } from "../../../src/abi/object.ts";
import { TRAP_MESSAGES } from "../../../src/abi/trap.ts";
import { compileModule } from "../../../src/compiler/compile.ts";
import { WasmError } from "../../../src/compiler/wasm/error.ts";
import { linkForProcess } from "../../../src/platform/process/platform.ts";
import { ProcessSession, type Outcome as SessionOutcome } from "../../../src/targets/process/session.ts";
import {
  CALL_TIME_LIMIT_MS,
  type Blueprint,
  type Compilation,
  type ExecutorFace,
  type Outcome,
} from "../executor.ts";
import type { Value } from "../value.ts";
import { linkage, type LinkagePlace, type SizeCheck } from "./linkage.ts";

export class NativeExecutor implements ExecutorFace<CompiledModule> {
  #modules: readonly CompiledModule[] = [];
  #places: readonly LinkagePlace[] = [];
  #session: ProcessSession | undefined;
  /** Why there is no session. */
  #fault = "";

  async compile(bytes: Uint8Array): Promise<Compilation<CompiledModule>> {
    try {
      const module = compileModule(bytes);
      return { kind: "compiled", module, imports: module.imports.map((item) => item.module) };
    } catch (error) {
      if (!(error instanceof WasmError)) return { kind: "crashed", message: describe(error) };
      const { kind, message, proposal } = error;
      return { kind: "refused", why: kind, message, ...(proposal === undefined ? {} : { proposal }) };
    }
  }

  async prepare(instances: readonly Blueprint<CompiledModule>[]): Promise<void> {
    this.#modules = instances.map((instance) => instance.module);
    try {
      const { program, places } = linkage(instances, (type) => compileModule(tableProbe(type)));
      this.#places = places;
      this.#session = await ProcessSession.start(linkForProcess(program), { timeoutMs: CALL_TIME_LIMIT_MS });
    } catch (error) {
      this.#fault = describe(error);
    }
  }

  async instantiate(number: number): Promise<Outcome> {
    const place = this.#places[number];
    if (place?.kind === "unlinkable") return place;
    return this.#guard(place, async (session, { instance, sizeChecks }) => {
      for (const check of sizeChecks) {
        const size = await sizeNow(session, check);
        if (size >= check.minimum) continue;
        const message = `incompatible import type: a size of ${check.minimum} or more, found ${size}`;
        return { kind: "unlinkable", message };
      }
      return outcomeOf(await session.initialize(instance));
    });
  }

  async invoke(number: number, name: string, values: readonly Value[]): Promise<Outcome> {
    return this.#guard(this.#places[number], async (session, { instance }) => {
      const index = this.#export(number, "function", name);
      if (index === undefined) return { kind: "failed", message: "there is no such function" };
      return outcomeOf(await session.call(instance, index, values));
    });
  }

  async get(number: number, name: string): Promise<Outcome> {
    return this.#guard(this.#places[number], async (session, { instance }) => {
      const index = this.#export(number, "global", name);
      if (index === undefined) return { kind: "failed", message: "there is no such global" };
      return { kind: "returned", values: [await session.readGlobal(instance, index)] };
    });
  }

  async stop(): Promise<void> {
    await this.#session?.stop();
  }

  #export(number: number, kind: ModuleExport["kind"], name: string): number | undefined {
    return this.#modules[number]!.exports.find((item) => item.kind === kind && item.name === name)?.index;
  }

  /** A session that breaks fails what is asked of it, and the script goes on. */
  async #guard(
    place: LinkagePlace | undefined,
    act: (session: ProcessSession, place: LinkagePlace & { kind: "linked" }) => Promise<Outcome>,
  ): Promise<Outcome> {
    if (this.#session === undefined) return { kind: "failed", message: `no session: ${this.#fault}` };
    if (place?.kind !== "linked") return { kind: "failed", message: "its instance could not be linked" };
    try {
      return await act(this.#session, place);
    } catch (error) {
      return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  }
}

async function sizeNow(session: ProcessSession, check: SizeCheck): Promise<number> {
  if (check.kind === "memory") return session.memoryPages(check.instance);
  const outcome = await session.call(check.probe, 0, []);
  return outcome.kind === "returned" ? Number(outcome.values[0]!.bits) : 0;
}

/** `(module (import "" "t" (table 0 TYPE)) (func (result i32) (table.size 0)))`, with function 0 the size. */
function tableProbe(type: number): Uint8Array {
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 5, 1, 0x60, 0, 1, 0x7f],
    ...[2, 8, 1, 0, 1, 0x74, 1, type, 0, 0],
    ...[3, 2, 1, 0],
    ...[10, 7, 1, 5, 0, 0xfc, 0x10, 0, 0x0b],
  ]);
}

function outcomeOf(outcome: SessionOutcome): Outcome {
  switch (outcome.kind) {
    case "returned":
      return outcome;
    case "trapped":
      return { kind: "trapped", traps: [outcome.trap], message: TRAP_MESSAGES[outcome.trap] };
    case "timedOut":
      return { kind: "failed", message: `it did not end within ${CALL_TIME_LIMIT_MS / 1000} s` };
  }
}

/** Of an error that should not be: with the place it comes from. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = /\n\s+at (.*)/.exec(error.stack ?? "")?.[1];
  return place === undefined ? error.message : `${error.message} (at ${place})`;
}
