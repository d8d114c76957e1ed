/**
 * The kernel's imports as functions: `platform.*` with its ranges checked before the system sees an address,
 * `compartment.*`, `device.*`.
 */
import { ConsoleStream } from "../../abi/boot.ts";
import { MemoryHeader, Relocation, Routine } from "../../abi/object.ts";
import { PIECES_LIMIT } from "../../abi/net.ts";
import { NEVER } from "../../abi/platform.ts";
import { Place } from "../../linker/platform.ts";
import { ABSENT } from "../../x64/encoder.ts";
import {
  Condition,
  MEMORY_BASE,
  R11,
  R12,
  R8,
  R9,
  RAX,
  RCX,
  RDI,
  RDX,
  RSI,
  RSP,
} from "../../x64/register.ts";
import { CMOV64, CMP64, LEA64, MOV32, MOV64, SHL32 } from "../../x64/tables/index.ts";
import { compareState, emitFault, storeState, type Code } from "./code.ts";
import { emitPanic } from "./abort.ts";
import { emitCopyIn, emitCopyOut } from "./copies.ts";
import { emitEnter, emitResume, emitSuspend } from "./enter.ts";
import type { PlatformFunction } from "./plan.ts";
import { emitRestart } from "./prepare.ts";
import { Live } from "./state.ts";
import type { Emit, SystemFunctions } from "./system.ts";
import { emitIsOverdue } from "./time-limit.ts";

const ADDRESS_BYTES = 6;
/** Of a pair of u32. */
const PAIR_SHIFT = 3;

type EmitFunction = (code: Code) => void;

/** Arguments in rax, rdx, rcx as compiled code passes them. */
const PLATFORM_FUNCTIONS: Readonly<Record<string, EmitFunction>> = {
  consoleWrite(code) {
    const { a } = code;
    const output = a.label();
    // An app names the stream, and one leads to the launcher: nobody but the platform writes records.
    a.set(RDI, ConsoleStream.Errors);
    a.compare(RDI, RAX);
    a.branch(Condition.Equal, output);
    a.set(RDI, ConsoleStream.Output);
    a.bind(output);
    a.move(RAX, RDX);
    a.move(RDX, RCX);
    emitRange(code);
    systemFunction(code, "consoleWrite")(a);
  },
  clockMonotonic: (code) => systemFunction(code, "clockMonotonic")(code.a),
  clockRealtime: (code) => systemFunction(code, "clockRealtime")(code.a),
  entropySeed: withRange("entropySeed"),
  configuration: emitConfiguration,
  assetBytes: emitAssetBytes,
  netReceive: withRange("netReceive"),
  netTransmit: withRange("netTransmit"),
  netTransmitPieces: emitTransmitPieces,
  netAddress(code) {
    code.a.set(RDX, ADDRESS_BYTES);
    emitRange(code);
    systemFunction(code, "netAddress")(code.a);
  },
  idle: emitIdle,
  exit({ a }) {
    const known = a.label();
    compareState(a, Live.HasExit, 0);
    a.branch(Condition.NotEqual, known);
    a.storePlace(Place.State, Live.ExitStatus, RAX);
    storeState(a, Live.HasExit, 1);
    a.bind(known);
    a.ret();
  },
  panic: emitPanic,
};

/** `enter` is always there, for whoever writes it. */
const COMPARTMENT_FUNCTIONS: Readonly<Record<string, EmitFunction>> = {
  enter: emitEnter,
  copyIn: emitCopyIn,
  copyOut: emitCopyOut,
  restart: emitRestart,
  isOverdue: emitIsOverdue,
  suspend: emitSuspend,
  resume: emitResume,
};

export function emitKernelFunction(
  code: Code,
  { kind, name }: PlatformFunction & { readonly kind: "platform" | "compartment" | "device" },
): void {
  if (kind === "device") {
    const emit = code.system.device[name];
    if (emit === undefined) throw new Error(`this platform has no device.${name}`);
    emit(code.a);
    return;
  }
  const emit = (kind === "platform" ? PLATFORM_FUNCTIONS : COMPARTMENT_FUNCTIONS)[name];
  if (emit === undefined) throw new Error(`there is no ${kind}.${name}`);
  emit(code);
}

function systemFunction({ system }: Code, name: keyof SystemFunctions): Emit {
  const emit = system.platform[name];
  if (emit === undefined) throw new Error(`this platform has no platform.${name}`);
  return emit;
}

function withRange(name: keyof SystemFunctions): EmitFunction {
  return (code) => {
    emitRange(code);
    systemFunction(code, name)(code.a);
  };
}

/** rax: pointer, rdx: bytes. rsi: the address, all of it the kernel's memory. */
function emitRange(code: Code): void {
  emitBounds(code);
  code.a.rm(LEA64, RSI, MEMORY_BASE, RAX, 1, 0);
}

/** rax: pointer, rdx: bytes: all of it the kernel's memory. Changes r11. */
function emitBounds({ a }: Code): void {
  const [inside, outside] = [a.label(), a.label()];
  a.rm(LEA64, R11, RAX, RDX, 1, 0);
  a.rm(CMP64.regRm, R11, MEMORY_BASE, ABSENT, 1, MemoryHeader.Bytes);
  a.branch(Condition.BelowOrEqual, inside);
  emitFault(a, outside);
  a.bind(inside);
}

/**
 * rax: pointer to `rdx` pairs of u32. They become pairs of u64 on the stack, the last one first, each a range that was
 * checked; r12 keeps where the stack was.
 */
function emitTransmitPieces(code: Code): void {
  const { a } = code;
  const [few, many, next, last, transmit] = [a.label(), a.label(), a.label(), a.label(), a.label()];
  const [count, pair] = [R9, R8];
  a.compareConstant(RDX, PIECES_LIMIT);
  a.branch(Condition.BelowOrEqual, few);
  emitFault(a, many);
  a.bind(few);
  a.move(count, RDX);
  a.ri(SHL32.imm8, RDX, PAIR_SHIFT);
  emitRange(code);
  a.push(R12);
  a.move(R12, RSP);
  a.rm(LEA64, pair, RSI, RDX, 1, 0);
  a.bind(next);
  a.compare(pair, RSI);
  a.branch(Condition.Equal, last);
  a.addConstant(pair, -(1 << PAIR_SHIFT));
  a.load32(RAX, pair, 0);
  a.load32(RDX, pair, 4);
  emitBounds(code);
  a.add(RAX, MEMORY_BASE);
  a.push(RDX);
  a.push(RAX);
  a.jump(next);
  a.bind(last);
  a.move(RSI, RSP);
  a.move(RDX, count);
  a.call(transmit);
  a.move(RSP, R12);
  a.pop(R12);
  a.ret();
  a.bind(transmit);
  systemFunction(code, "netTransmitPieces")(a);
}

function emitConfiguration(code: Code): void {
  const { a, labels } = code;
  emitRange(code);
  a.push(RSI);
  a.push(RDX);
  a.addConstant(RSP, -8);
  a.call(labels.configurationText);
  a.addConstant(RSP, 8);
  a.pop(RCX);
  a.pop(RDI);
  a.push(RDX);
  a.compare(RDX, RCX);
  a.rr(CMOV64[Condition.Above]!, RDX, RCX);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.pop(RAX);
  a.rr(MOV32.regRm, RAX, RAX);
  a.ret();
}

/** rax: offset in the assets, rdx: pointer, rcx: bytes. */
function emitAssetBytes(code: Code): void {
  const { a, plan, readOnly } = code;
  const assets = plan.assets ?? new Uint8Array();
  const [inside, outside] = [a.label(), a.label()];
  const place = readOnly.addPart({ owner: "files", kind: "assets" }, assets);
  a.move(R8, RAX);
  a.move(RAX, RDX);
  a.move(RDX, RCX);
  emitRange(code);
  a.rm(LEA64, R11, R8, RDX, 1, 0);
  a.compareConstant(R11, assets.length);
  a.branch(Condition.BelowOrEqual, inside);
  emitFault(a, outside);
  a.bind(inside);
  a.move(RDI, RSI);
  a.placeAddress(RSI, Place.ReadOnly, place);
  a.add(RSI, R8);
  a.jumpRelocated(Relocation.Routine, Routine.Copy);
}

/** rax: deadline. */
function emitIdle(code: Code): void {
  const { a, labels, plan } = code;
  const [ends, sleeps] = [a.label(), a.label()];
  compareState(a, Live.HasExit, 0);
  a.branch(Condition.NotEqual, ends);
  if (!plan.isNetworked) {
    // Without a network and without a deadline nothing can wake this machine again.
    a.ri64(MOV64.regImm64, RCX, Number(BigInt.asIntN(32, NEVER)), Number(NEVER >> 32n));
    a.compare(RAX, RCX);
    a.branch(Condition.NotEqual, sleeps);
    a.set(RDI, 0);
    a.jump(labels.end);
  }
  a.bind(sleeps);
  a.move(RDI, RAX);
  systemFunction(code, "idle")(a);
  a.bind(ends);
  a.loadPlace(RDI, Place.State, Live.ExitStatus);
  a.jump(labels.end);
}
