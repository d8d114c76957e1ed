import test from "node:test";
import assert from "node:assert/strict";
import { Relocation, Routine } from "../abi/object.ts";
import { TrapKind } from "../abi/trap.ts";
import { Assembler } from "./assembler.ts";
import { listing } from "./listing.ts";
import { RAX, RCX } from "./register.ts";
import { DIV32, MOV32, MOVSD, RET } from "./tables/index.ts";

test("a listing shows offsets, bytes, instructions, titles, relocations and traps", async () => {
  const assembler = new Assembler();
  assembler.context(MOV32.regRm, RAX, 16);
  assembler.rip(MOVSD.load, 1, Relocation.Constant, 8, 0);
  assembler.trapSite(TrapKind.DivideByZero, 1);
  assembler.r(DIV32, RCX);
  assembler.callRelocated(Relocation.Function, 3);
  assembler.callRoutine(Routine.Copy);
  assembler.none(RET);
  const { code, relocations, traps } = assembler.finish();
  const text = await listing(code, {
    relocations,
    traps,
    titles: new Map([[0, "function 2:"]]),
    functionName: (index) => (index === 3 ? "main" : undefined),
  });
  assert.deepEqual(
    text.split("\n").map((line) => line.replace(/ {2,}/g, "  ").trim()),
    [
      "function 2:",
      "0  8b 83 00 00 00 00  mov eax, [rbx]  ; context byte 16",
      "6  f2 0f 10 0d 00 00 00 00  movsd xmm1, [rip]  ; constant at 8",
      "e  f7 f1  div ecx  ; traps: integer divide by zero",
      "10  e8 00 00 00 00  call 0x15  ; function 3 main",
      "15  e8 00 00 00 00  call 0x1a  ; routine copy",
      "1a  c3  ret",
      "",
    ],
  );
});

test("bytes that are no instruction do not end a listing, and addresses count from the base", async () => {
  const text = await listing(Uint8Array.of(0x06, 0xc3), { base: 0x40_0000 });
  assert.match(text, /^400000 {2}06 +\(bad\)\n400001 {2}c3 +ret\n$/);
});
