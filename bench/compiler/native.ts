/**
 * Skerry's compiler in the benchmark: modules compiled and linked once for a case, then a fresh process for each
 * round, called through a session.
 */
import { readFileSync } from "node:fs";
import type { CompiledModule, ModuleImport } from "../../src/abi/object.ts";
import { ValueType } from "../../src/abi/wasm.ts";
import { compileModule } from "../../src/compiler/compile.ts";
import type { ImportSource, Program } from "../../src/linker/program.ts";
import { linkForProcess } from "../../src/platform/process/platform.ts";
import { ProcessSession, type Outcome } from "../../src/targets/process/session.ts";
import { showValue } from "../../src/targets/process/value.ts";
import { TRAP_MESSAGES } from "../../src/abi/trap.ts";
import type { BenchmarkCase } from "./case.ts";
import type { CompilerOptions, Optimization } from "../../src/compiler/optimization.ts";
import type { CallResult, Engine, PreparedCase } from "./engine.ts";

/** In milliseconds. */
const NANOSECONDS = 1e-6;

export const nativeEngine: Engine = engineWithout("skerry");

/** Our compiler as an engine; with an optimization left out, to see what it brings. */
export function engineWithout(name: string, left?: Optimization): Engine {
  const options = left === undefined ? {} : { without: new Set([left]) };
  return { name, prepare: (benchmark) => prepare(benchmark, options) };
}

async function prepare(benchmark: BenchmarkCase, options: CompilerOptions): Promise<PreparedCase> {
  const modules = benchmark.modules.map(({ wasm }) => compileModule(wasm, options));
  const program = linkForProcess(programOf(benchmark, modules));
  const last = modules.length - 1;
  const run = modules[last]!.exports.find((one) => one.name === "run")!.index;
  return {
    async run(counts) {
      const session = await ProcessSession.start(program);
      try {
        for (let instance = 0; instance <= last; instance++) valueOf(await session.initialize(instance));
        const results: CallResult[] = [];
        for (const count of counts) {
          const before = cpuTimeMs(session.pid!);
          const outcome = await session.call(last, run, [{ type: ValueType.I32, bits: BigInt(count) }]);
          results.push({ value: valueOf(outcome), cpuMs: cpuTimeMs(session.pid!) - before });
        }
        return results;
      } finally {
        await session.stop();
      }
    },
  };
}

function programOf(benchmark: BenchmarkCase, modules: readonly CompiledModule[]): Program {
  const source = (item: ModuleImport): ImportSource | undefined => {
    if (item.kind === "memory") return { kind: "memory", index: 0 };
    const instance = benchmark.modules.findIndex(({ name }) => name === item.module);
    return instance < 0 ? undefined : { kind: "export", instance, name: item.name };
  };
  const { memory } = benchmark;
  return {
    instances: modules.map((module, index) => ({
      name: benchmark.modules[index]!.name,
      module,
      imports: module.imports.map(source),
    })),
    ...(memory === undefined ? {} : { memories: [{ minimum: memory.initial, maximum: memory.maximum }] }),
  };
}

/** Time on a processor so far: the first field of schedstat (proc(5)), in nanoseconds. The process has one thread. */
function cpuTimeMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) * NANOSECONDS;
}

/** As JavaScript prints it. Throws where the call trapped. */
function valueOf(outcome: Outcome): string {
  if (outcome.kind === "returned") {
    const [value] = outcome.values;
    return value === undefined ? "" : showValue(value).replace(/^\w+:/, "");
  }
  if (outcome.kind === "timedOut") throw new Error("took too long");
  throw new Error(`trapped: ${TRAP_MESSAGES[outcome.trap]}`);
}
