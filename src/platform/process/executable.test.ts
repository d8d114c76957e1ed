import test from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { TrapKind } from "../../abi/trap.ts";
import { ValueType } from "../../abi/wasm.ts";
import { compiledModule } from "../../linker/test-module.ts";
import { RAX, RDI, RDX } from "../../x64/register.ts";
import { ADD32, MOV32, MOV64, SYSCALL, UD2 } from "../../x64/tables/index.ts";
import type { BuiltInCommand } from "./built-in-command.ts";
import { writeExecutable } from "./executable.ts";
import { linkForProcess } from "./platform.ts";

const BINARY = { parameters: [ValueType.I32, ValueType.I32], results: [] };
const EXIT_GROUP = 231;

const module = compiledModule({
  contextBytes: 8,
  globals: [{ imported: false, type: ValueType.I32, mutable: true, slot: 0 }],
  initialize: (a) => {
    a.set(RAX, 40);
    a.context(MOV64.rmReg, RAX, 0);
  },
  functions: [
    {
      // Exits with the sum of its arguments and the global.
      type: BINARY,
      emit: (a) => {
        a.rr(MOV32.regRm, RDI, RAX);
        a.rr(ADD32.regRm, RDI, RDX);
        a.context(ADD32.regRm, RDI, 0);
        a.set(RAX, EXIT_GROUP);
        a.none(SYSCALL);
      },
    },
    {
      type: { parameters: [], results: [] },
      emit: (a) => {
        a.trapSite(TrapKind.Unreachable, 0);
        a.none(UD2);
      },
    },
  ],
});

function run(call: BuiltInCommand["call"]) {
  const linked = linkForProcess({ instances: [{ module, imports: [] }] }, { command: { call } });
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
  try {
    const file = path.join(folder, "image");
    writeFileSync(file, writeExecutable(linked), { mode: 0o700 });
    const { status, signal, stderr } = spawnSync(file);
    return { status, signal, errors: stderr.toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("an executable initializes its instances, makes its call, and exits", () => {
  assert.deepEqual(run(undefined), { status: 0, signal: null, errors: "" });
  const call = { instance: 0, functionIndex: 0, arguments: [1n, 2n] };
  assert.deepEqual(run(call), { status: 43, signal: null, errors: "" });
});

test("a trap is an exit status of its own", () => {
  const { status, errors } = run({ instance: 0, functionIndex: 1, arguments: [] });
  assert.equal(status, 134);
  assert.equal(errors, "skerry: the program trapped\n");
});
