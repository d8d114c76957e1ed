/**
 * Code that calls a function whose memory is not the caller's: it puts that memory's base in rbx for the call.
 *
 * Arguments on the stack are copied below, and results copied back up, because the callee takes them where it finds
 * them (`src/x64/convention.ts`). A thunk's frame:
 *
 *   rsp at its call ─►┌───────────┬─────────┬─────┬────────────────┬───────────┬─────────┐
 *                     │ arguments │ results │ rbx │ return address │ arguments │ results │
 *                     └───────────┴─────────┴─────┴────────────────┴───────────┴─────────┘
 *
 * A thunk may use r11 and the scratch vector register, which hold nothing between a caller and a callee.
 */
import { Relocation } from "../abi/object.ts";
import type { FunctionType } from "../abi/wasm.ts";
import { Assembler, Padding, type Assembled } from "../x64/assembler.ts";
import { placesOf } from "../x64/convention.ts";
import { ABSENT } from "../x64/encoder.ts";
import { RBX, RSP, VECTOR_SCRATCH } from "../x64/register.ts";
import { ADD64, MOV64, MOVUPS, POP, PUSH, RET, RET_POP, SUB64 } from "../x64/tables/index.ts";
import { Place } from "./platform.ts";

const ALIGNMENT = 16;
const VECTOR_BYTES = 16;
const WORD_BYTES = 8;

export interface Thunk {
  readonly target: number;
  readonly memory: number;
  readonly type: FunctionType;
}

export interface EmittedThunks {
  readonly assembled: Assembled;
  /** By number: offsets in the code. */
  readonly offsets: readonly number[];
  readonly frameBytes: readonly number[];
}

/** `target` of each thunk is a code offset; relocations are of the kinds a `PlatformCode` has. */
export function emitThunks(thunks: readonly Thunk[]): EmittedThunks {
  const assembler = new Assembler();
  const labels: number[] = [];
  const frameBytes: number[] = [];
  for (const thunk of thunks) {
    const label = assembler.label();
    labels.push(label);
    assembler.align(ALIGNMENT, Padding.Trap);
    assembler.bind(label);
    frameBytes.push(emitThunk(assembler, thunk));
  }
  assembler.align(ALIGNMENT, Padding.Trap);
  const assembled = assembler.finish();
  return { assembled, offsets: labels.map((label) => assembled.labels[label]!), frameBytes };
}

function emitThunk(a: Assembler, { target, memory, type }: Thunk): number {
  const { parameters, results } = placesOf(type);
  const frame = parameters.stackBytes + results.stackBytes;
  const callersArea = frame + 2 * WORD_BYTES;
  a.r(PUSH.reg, RBX);
  if (frame > 0) a.ri(SUB64.rmImm32, RSP, frame);
  copy(a, callersArea, 0, parameters.stackBytes);
  a.rip(MOV64.regRm, RBX, Relocation.DataSegment, Place.MemoryBases, memory * WORD_BYTES);
  a.callRelocated(Relocation.Function, target);
  // The callee took its arguments: rsp points at the results.
  const above = results.stackBytes + 2 * WORD_BYTES + parameters.stackBytes;
  copy(a, 0, above, results.stackBytes);
  if (results.stackBytes > 0) a.ri(ADD64.rmImm32, RSP, results.stackBytes);
  a.r(POP.reg, RBX);
  if (parameters.stackBytes > 0) a.i(RET_POP, parameters.stackBytes);
  else a.none(RET);
  return WORD_BYTES + frame;
}

/** Copies between displacements from rsp, in multiples of 16. */
function copy(a: Assembler, from: number, to: number, sizeBytes: number): void {
  for (let at = 0; at < sizeBytes; at += VECTOR_BYTES) {
    a.rm(MOVUPS.regRm, VECTOR_SCRATCH, RSP, ABSENT, 1, from + at);
    a.rm(MOVUPS.rmReg, VECTOR_SCRATCH, RSP, ABSENT, 1, to + at);
  }
}
