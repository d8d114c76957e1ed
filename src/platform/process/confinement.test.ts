import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CompiledModule } from "../../abi/object.ts";
import { compiledModule } from "../../linker/test-module.ts";
import { R10, R8, R9, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import { SYSCALL } from "../../x64/tables/index.ts";
import { compileSource } from "../compartment/compartment-suite.harness.ts";
import { planImage } from "../compartment/plan-image.ts";
import { TEST_KERNEL } from "../compartment/test-programs.ts";
import { writeExecutable } from "./executable.ts";
import { linkImageForProcess } from "./image-platform.ts";

const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
let kernel: CompiledModule;

before(async () => {
  kernel = await compileSource(TEST_KERNEL);
});
after(() => rmSync(folder, { recursive: true }));

interface Attempt {
  readonly name: string;
  readonly number: number;
  readonly arguments: readonly number[];
}

/** What a compartment that broke out would try, and could not do without. */
const FORBIDDEN: readonly Attempt[] = [
  { name: "open", number: 2, arguments: [0, 0, 0] },
  { name: "openat", number: 257, arguments: [-100, 0, 0] },
  { name: "socket", number: 41, arguments: [2, 1, 0] },
  { name: "getpid", number: 39, arguments: [] },
  { name: "execve", number: 59, arguments: [0, 0, 0] },
  { name: "fork", number: 56, arguments: [0x11, 0, 0, 0, 0] },
  { name: "kill", number: 62, arguments: [0, 0] },
  { name: "ptrace", number: 101, arguments: [0, 0, 0, 0] },
  { name: "mmap", number: 9, arguments: [0, 4096, 7, 0x22, -1, 0] },
  { name: "mprotect to run", number: 10, arguments: [0, 4096, 5] },
  { name: "mprotect to run and write", number: 10, arguments: [0, 4096, 7] },
  { name: "write elsewhere", number: 1, arguments: [9, 0, 0] },
  { name: "write of pieces elsewhere", number: 20, arguments: [1, 0, 0] },
  { name: "read elsewhere", number: 0, arguments: [0, 0, 0] },
  { name: "a system call of 32-bit programs", number: 0x4000_0000 + 39, arguments: [] },
];

/** Of an app whose `start` is one system call. */
function run({ name, number, arguments: values }: Attempt, isFiltered: boolean) {
  const registers = [RDI, RSI, RDX, R10, R8, R9];
  const app = compiledModule({
    functions: [
      {
        name: "start",
        type: { parameters: [], results: [] },
        emit: (a) => {
          values.forEach((value, at) => a.set(registers[at]!, value));
          a.set(RAX, number);
          a.none(SYSCALL);
        },
      },
    ],
  });
  const linked = linkImageForProcess(planImage({ kernel, app, isNetworked: true }), { isFiltered });
  const file = path.join(folder, `${name.replaceAll(" ", "-")}-${isFiltered}`);
  writeFileSync(file, writeExecutable(linked), { mode: 0o700 });
  const { status, signal, stdout } = spawnSync(file, ["scenario=t"], { timeout: 60_000 });
  return { status, signal, output: stdout.toString() };
}

for (const attempt of FORBIDDEN) {
  test(`${attempt.name} kills the process`, () => {
    assert.deepEqual(run(attempt, true), { status: null, signal: "SIGSYS", output: "" });
  });
}

test("without the filter the same goes through", () => {
  for (const attempt of FORBIDDEN) {
    if (["fork", "kill"].includes(attempt.name)) continue; // these would go on, into other processes
    assert.deepEqual(run(attempt, false), { status: 0, signal: null, output: "r=0\n" }, attempt.name);
  }
});
