/**
 * Linux system calls (x86-64): number in rax, arguments in rdi rsi rdx r10 r8 r9; rax comes back, rcx and r11 do not.
 */
import { Condition, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import { SYSCALL } from "../../x64/tables/index.ts";
import { type Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";

export const enum SystemCall {
  Read = 0,
  Write = 1,
  Open = 2,
  Close = 3,
  Mmap = 9,
  Mprotect = 10,
  RtSigaction = 13,
  RtSigprocmask = 14,
  RtSigreturn = 15,
  Ioctl = 16,
  Pread = 17,
  Pwrite = 18,
  Writev = 20,
  Madvise = 28,
  Dup2 = 33,
  Setitimer = 38,
  Sendto = 44,
  Recvfrom = 45,
  Sigaltstack = 131,
  Prctl = 157,
  ClockGettime = 228,
  ExitGroup = 231,
  Ppoll = 271,
  Seccomp = 317,
  Getrandom = 318,
  MemfdCreate = 319,
}

/** errno, as a system call gives it. */
export const enum SystemError {
  Interrupted = -4,
  Again = -11,
}

export const enum Protection {
  None = 0,
  Read = 1,
  ReadWrite = 3,
}

/** MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE */
export const MAP_RESERVED = 0x02 | 0x20 | 0x4000;

/** Results from here up, unsigned, are errors. */
const FIRST_ERROR = -4095;

/** The arguments are in their registers. */
export function emitSystemCall(a: Shorthand, number: SystemCall): void {
  a.set(RAX, number);
  a.none(SYSCALL);
}

/** Jumps to `failed` if the call just made failed. */
export function emitErrorCheck(a: Shorthand, failed: number): void {
  a.compareConstant(RAX, FIRST_ERROR);
  a.branch(Condition.AboveOrEqual, failed);
}

export function emitExit(a: Shorthand, status: number): void {
  a.set(RDI, status);
  emitSystemCall(a, SystemCall.ExitGroup);
}

/** Writes `sizeBytes` from a place to standard error. */
export function emitMessage(a: Shorthand, place: Place, offset: number, sizeBytes: number): void {
  a.set(RDI, 2);
  a.placeAddress(RSI, place, offset);
  a.set(RDX, sizeBytes);
  emitSystemCall(a, SystemCall.Write);
}

/** Pages are zero again when they are next touched. */
export const MADVISE_DONTNEED = 4;
