/**
 * The child process of the benchmark's V8 engines: `v8-process.ts CASE-FILE N...` calls `run` with each N and prints
 * what came out, and what processor time it took, as JSON. Node's flags say which of V8's compilers is measured.
 */
import { readFileSync } from "node:fs";
import { MICROSECONDS, type CallResult, type CaseFile } from "./engine.ts";

type Callable = (...values: (number | bigint)[]) => number | bigint;

/** Modules import from each other in circles: an import from a later one is a call that looks it up. */
function link(file: CaseFile): WebAssembly.Exports {
  const memory = file.memory === undefined ? undefined : new WebAssembly.Memory(file.memory);
  const linked: Record<string, WebAssembly.Exports> = {};
  for (const { name, path } of file.modules) {
    const module = new WebAssembly.Module(readFileSync(path));
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = { ...linked };
    for (const item of WebAssembly.Module.imports(module)) {
      if (linked[item.module] !== undefined) continue;
      const group = (imports[item.module] ??= {});
      if (item.kind === "memory") group[item.name] = memory!;
      else
        group[item.name] = (...values: number[]) => (linked[item.module]![item.name] as Callable)(...values);
    }
    linked[name] = new WebAssembly.Instance(module, imports).exports;
  }
  return linked[file.modules.at(-1)!.name]!;
}

const [caseFile, ...counts] = process.argv.slice(2);
const run = link(JSON.parse(readFileSync(caseFile!, "utf8")) as CaseFile)["run"] as Callable;
const results = counts.map((count): CallResult => {
  const before = process.cpuUsage();
  const value = run(Number(count));
  const used = process.cpuUsage(before);
  return { value: String(value), cpuMs: (used.user + used.system) * MICROSECONDS };
});
console.log(JSON.stringify(results));
