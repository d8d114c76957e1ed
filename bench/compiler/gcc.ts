/**
 * The benchmark's yardstick from another world: the same modules through wasm2c and `gcc -O2`, with guard pages
 * instead of bounds checks, as in ours. Needs Debian's packages wabt and gcc.
 */
import path from "node:path";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { ValueType } from "../../src/abi/wasm.ts";
import { decodeModule } from "../../src/compiler/wasm/decode.ts";
import type { BenchmarkCase } from "./case.ts";
import type { CallResult, Engine } from "./engine.ts";

const RUNTIME = "/usr/share/wabt/wasm2c";
const WASM2C = "/usr/bin/wasm2c";
const FLAGS = ["-O2", "-fno-strict-aliasing", "-w", "-I", RUNTIME];

const execute = promisify(execFile);

export function gccEngine(folder: string): Engine {
  for (const needed of [WASM2C, path.join(RUNTIME, "wasm-rt-impl.c")]) {
    if (!existsSync(needed))
      throw new Error(`${needed} is not there: install Debian's packages wabt and gcc`);
  }
  return {
    name: "gcc",
    async prepare(benchmark) {
      const binary = await build(benchmark, path.join(folder, `gcc-${benchmark.name}`));
      return {
        async run(counts) {
          const { stdout } = await execute(binary, counts.map(String));
          const results = JSON.parse(stdout) as CallResult[];
          return results.map((one) => ({ ...one, value: shortest(one.value) }));
        },
      };
    },
  };
}

async function build(benchmark: BenchmarkCase, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const sources = [path.join(RUNTIME, "wasm-rt-impl.c")];
  const at = (name: string) => path.join(folder, name);
  for (const { name, wasm } of benchmark.modules) {
    writeFileSync(at(`${name}.wasm`), wasm);
    await execute(WASM2C, ["-n", identifier(name), at(`${name}.wasm`), "-o", at(`${name}.c`)]);
    sources.push(at(`${name}.c`));
  }
  writeFileSync(at("main.c"), mainProgram(benchmark));
  await execute("gcc", [...FLAGS, at("main.c"), ...sources, "-lm", "-o", at("program")]);
  return at("program");
}

/** wasm2c takes a module's name as part of C's; a hyphen is none. */
function identifier(name: string): string {
  return name.replaceAll("-", "");
}

/** Instances link to each other by the addresses of their structures, in circles too. */
function mainProgram(benchmark: BenchmarkCase): string {
  const names = benchmark.modules.map(({ name }) => identifier(name));
  const main = benchmark.modules.at(-1)!;
  const instance = (name: string) => `instance_${name}`;
  const start = benchmark.modules.map(({ name, wasm }) => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm as BufferSource));
    const modules = [...new Set(imports.map((one) => identifier(one.module)))].sort();
    const parameters = [identifier(name), ...modules].map((one) =>
      one === "env" ? "(void *)&memory" : `&${instance(one)}`,
    );
    return `Z_${identifier(name)}_init_module(); Z_${identifier(name)}_instantiate(${parameters.join(", ")});`;
  });
  const { memory } = benchmark;
  return `
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include "wasm-rt.h"
${benchmark.modules.map(({ name }) => `#include "${name}.h"`).join("\n")}

static wasm_rt_memory_t memory;
wasm_rt_memory_t *Z_envZ_memory(struct Z_env_instance_t *env) { return (void *)env; }
${names.map((name) => `static Z_${name}_instance_t ${instance(name)};`).join("\n")}

static double cpu_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

int main(int argc, char **argv) {
  wasm_rt_init();
  ${memory === undefined ? "" : `wasm_rt_allocate_memory(&memory, ${memory.initial}, ${memory.maximum});`}
  ${start.join("\n  ")}
  printf("[");
  for (int index = 1; index < argc; index++) {
    double before = cpu_ms();
    ${runCall(identifier(main.name), main.wasm, instance(identifier(main.name)))}
    printf("\\",\\"cpuMs\\":%f}%s", cpu_ms() - before, index + 1 < argc ? "," : "");
  }
  printf("]\\n");
  return 0;
}
`;
}

/** Calls `run` and prints what it gives. */
function runCall(name: string, wasm: Uint8Array, instance: string): string {
  const [format, type] = FORMATS.get(resultTypeOfRun(wasm))!;
  const call = `Z_${name}Z_run(&${instance}, atoi(argv[index]))`;
  return `${type} value = ${call};\n    printf("{\\"value\\":\\"%" ${format}, value);`;
}

const FORMATS: ReadonlyMap<ValueType, readonly [format: string, type: string]> = new Map([
  [ValueType.I32, ["PRId32", "int32_t"]],
  [ValueType.I64, ["PRId64", "int64_t"]],
  [ValueType.F64, ['".17g"', "double"]],
]);

function resultTypeOfRun(wasm: Uint8Array): ValueType {
  const module = decodeModule(wasm);
  const { index } = module.exports.find((one) => one.name === "run")!;
  return module.types[module.functionTypes[index]!]!.results[0]!;
}

/** C prints more digits of a double than JavaScript needs. */
function shortest(value: string): string {
  return /[.e]/.test(value) ? String(Number(value)) : value;
}
