/**
 * The system calls that a process image may make, read out of the filter that it puts upon itself: classic BPF, run
 * here for every number that there could be.
 *
 * Source: Linux, Documentation/userspace-api/seccomp_filter.rst; linux/bpf_common.h; the x86-64 table of system calls.
 *
 * Tests: system-calls.test.ts
 */
import { ImageFault } from "./image-fault.ts";
import type { Reach } from "./inspection.ts";

const INSTRUCTION_BYTES = 8;
const NUMBERS_LIMIT = 1024;
/** struct seccomp_data. */
const DATA_NUMBER = 0;
const DATA_ARCHITECTURE = 4;
const DATA_ARGUMENTS = 16;
const AUDIT_ARCH_X86_64 = 0xc000_003e;
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;
const RETURN_ALLOW = 0x7fff_0000;

const NAMES: Readonly<Record<number, string>> = {
  0: "read",
  1: "write",
  10: "mprotect",
  15: "rt_sigreturn",
  20: "writev",
  28: "madvise",
  38: "setitimer",
  44: "sendto",
  45: "recvfrom",
  228: "clock_gettime",
  231: "exit_group",
  271: "ppoll",
  318: "getrandom",
};

interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly k: number;
}

/** Throws an `ImageFault` for a program that is none. */
export function readFilter(bytes: Uint8Array): Reach["systemCalls"] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const program = Array.from(
    { length: Math.floor(bytes.length / INSTRUCTION_BYTES) },
    (_, index): Instruction => {
      const at = index * INSTRUCTION_BYTES;
      return {
        code: view.getUint16(at, true),
        ifTrue: view.getUint8(at + 2),
        ifFalse: view.getUint8(at + 3),
        k: view.getUint32(at + 4, true),
      };
    },
  );
  const calls: Reach["systemCalls"][number][] = [];
  for (let number = 0; number < NUMBERS_LIMIT; number++) {
    const allowed = run(program, number);
    if (allowed === undefined) continue;
    const when = allowed.length === 0 ? {} : { when: allowed.join("; ") };
    calls.push({ name: NAMES[number] ?? `system call ${number}`, number, ...when });
  }
  return calls;
}

/** Undefined: the call kills. Else what its arguments must be: of an argument, every value that leads on. */
function run(program: readonly Instruction[], number: number): string[] | undefined {
  const conditions: string[] = [];
  let loaded = 0;
  for (let at = 0; at < program.length; at++) {
    const { code, ifTrue, ifFalse, k } = program[at]!;
    if (code === LOAD && k >= DATA_ARGUMENTS) {
      const values = readValues(program, at + 1);
      conditions.push(`argument ${(k - DATA_ARGUMENTS) / 8} is ${values.join(" or ")}`);
      at += values.length + 1;
    } else if (code === LOAD && k === DATA_NUMBER) loaded = number;
    else if (code === LOAD && k === DATA_ARCHITECTURE) loaded = AUDIT_ARCH_X86_64;
    else if (code === JUMP_EQUAL) at += loaded === k ? ifTrue : ifFalse;
    else if (code === RETURN) return k === RETURN_ALLOW ? conditions : undefined;
    else break;
  }
  throw strange();
}

/** Comparisons of which each jumps over one `kill` where it fits, and goes on to the next where not. */
function readValues(program: readonly Instruction[], start: number): number[] {
  const values: number[] = [];
  let at = start;
  for (; program[at]?.code === JUMP_EQUAL; at++) values.push(program[at]!.k);
  const kill = program[at];
  const isOurs = values.every((_, index) => {
    const { ifTrue, ifFalse } = program[start + index]!;
    return ifFalse === 0 && start + index + ifTrue === at;
  });
  if (!isOurs || values.length === 0 || kill?.code !== RETURN || kill.k === RETURN_ALLOW) throw strange();
  return values;
}

function strange(): ImageFault {
  return new ImageFault("has a filter of system calls that is none of ours");
}
