/**
 * Runs machine code as a Linux process, for tests: a static ELF64 of one code and one data segment.
 *
 * It begins at the code's first byte and has its data at `DATA_ADDRESS`. `emitEnd` writes all of the data to standard
 * output and exits: `run` gives that back.
 */
import assert from "node:assert/strict";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Assembler } from "../assembler.ts";
import { Condition, RAX, RBP, RDI, RDX, RSI } from "../register.ts";
import { ADD64, MOV32, MOV64, SUB64, SYSCALL, TEST64, UD2, XOR32 } from "../tables/index.ts";

export const DATA_ADDRESS = 0x1000_0000;
const CODE_ADDRESS = 0x40_0000;
const CODE_OFFSET = 0x1000;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const [EXECUTE, WRITE, READ] = [1, 2, 4];
const [SYS_WRITE, SYS_EXIT] = [1, 60];

/** Can this machine run such a program? */
export const RUNNABLE = process.platform === "linux" && process.arch === "x64";

/** Ends a program: write(1, data), as often as it takes, and exit(0). */
export function emitEnd(assembler: Assembler, dataBytes: number): void {
  const [again, failed] = [assembler.label(), assembler.label()];
  assembler.ri(MOV32.regImm32, RSI, DATA_ADDRESS);
  assembler.ri(MOV32.regImm32, RBP, dataBytes);
  assembler.bind(again);
  assembler.ri(MOV32.regImm32, RAX, SYS_WRITE);
  assembler.ri(MOV32.regImm32, RDI, 1);
  assembler.rr(MOV64.regRm, RDX, RBP);
  assembler.none(SYSCALL);
  assembler.rr(TEST64.rmReg, RAX, RAX);
  assembler.branch(Condition.LessOrEqual, failed);
  assembler.rr(ADD64.regRm, RSI, RAX);
  assembler.rr(SUB64.regRm, RBP, RAX);
  assembler.branch(Condition.NotEqual, again);
  assembler.ri(MOV32.regImm32, RAX, SYS_EXIT);
  assembler.rr(XOR32.regRm, RDI, RDI);
  assembler.none(SYSCALL);
  assembler.bind(failed);
  assembler.none(UD2);
}

/** Runs the code, and gives what became of the data. */
export function run(code: Uint8Array, data: Uint8Array): Uint8Array {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-x64-"));
  try {
    const program = path.join(folder, "program");
    const output = path.join(folder, "output");
    writeFileSync(program, executable(code, data), { mode: 0o755 });
    const descriptor = openSync(output, "w");
    const { status, signal } = spawnSync(program, [], {
      stdio: ["ignore", descriptor, "inherit"],
      timeout: 60_000,
    });
    closeSync(descriptor);
    assert.deepEqual({ status, signal }, { status: 0, signal: null });
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** ELF64 (System V ABI, chapters 4 and 5): header, two program headers, code, data. */
function executable(code: Uint8Array, data: Uint8Array): Uint8Array {
  const dataOffset = (CODE_OFFSET + code.length + 0xfff) & ~0xfff;
  const file = new Uint8Array(dataOffset + data.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(CODE_ADDRESS), true); // entry
  view.setBigUint64(32, BigInt(HEADER_BYTES), true); // program headers
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, SEGMENT_BYTES, true);
  view.setUint16(56, 2, true);
  const segment = (index: number, flags: number, offset: number, address: number, sizeBytes: number) => {
    const at = HEADER_BYTES + index * SEGMENT_BYTES;
    view.setUint32(at, 1, true); // PT_LOAD
    view.setUint32(at + 4, flags, true);
    for (const [field, value] of [offset, address, address, sizeBytes, sizeBytes, 0x1000].entries()) {
      view.setBigUint64(at + 8 + field * 8, BigInt(value), true);
    }
  };
  segment(0, READ | EXECUTE, CODE_OFFSET, CODE_ADDRESS, code.length);
  segment(1, READ | WRITE, dataOffset, DATA_ADDRESS, data.length);
  file.set(code, CODE_OFFSET);
  file.set(data, dataOffset);
  return file;
}
