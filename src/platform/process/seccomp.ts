/**
 * The system calls that a running image may make, as a program for the kernel's filter: what is not on the list, or
 * not with these arguments, kills the process.
 *
 * Source: Linux, Documentation/userspace-api/seccomp_filter.rst; classic BPF, linux/bpf_common.h.
 *
 * Tests: seccomp.test.ts; image.test.ts tries it
 */
import type { SystemCall } from "./system-call.ts";

export interface Rule {
  readonly call: SystemCall;
  /** Of one argument, its lower 32 bits: what it may be. */
  readonly argument?: number;
  readonly values?: readonly number[];
}

/** struct seccomp_data. */
const DATA_NUMBER = 0;
const DATA_ARCHITECTURE = 4;
const DATA_ARGUMENTS = 16;
const AUDIT_ARCH_X86_64 = 0xc000_003e;

const RETURN_KILL_PROCESS = 0x8000_0000;
const RETURN_ALLOW = 0x7fff_0000;

/** BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K. */
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;
const INSTRUCTION_BYTES = 8;

interface Instruction {
  readonly code: number;
  readonly ifTrue?: number;
  readonly ifFalse?: number;
  readonly k: number;
}

/** struct sock_filter: u16 code, u8 jump if true, u8 jump if false, u32 k. */
export function writeFilter(rules: readonly Rule[]): Uint8Array {
  const instructions: Instruction[] = [
    { code: LOAD, k: DATA_ARCHITECTURE },
    { code: JUMP_EQUAL, ifTrue: 1, k: AUDIT_ARCH_X86_64 },
    { code: RETURN, k: RETURN_KILL_PROCESS },
    { code: LOAD, k: DATA_NUMBER },
    ...rules.flatMap(ruleInstructions),
    { code: RETURN, k: RETURN_KILL_PROCESS },
  ];
  const bytes = new Uint8Array(instructions.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, ifTrue = 0, ifFalse = 0, k }, index) => {
    const at = index * INSTRUCTION_BYTES;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, ifTrue);
    view.setUint8(at + 3, ifFalse);
    view.setUint32(at + 4, k >>> 0, true);
  });
  return bytes;
}

/** Jumps count instructions from the next one on. */
function ruleInstructions({ call, argument, values = [] }: Rule): Instruction[] {
  const body: Instruction[] =
    argument === undefined
      ? []
      : [
          { code: LOAD, k: DATA_ARGUMENTS + argument * 8 },
          ...values.map((k, index): Instruction => {
            return { code: JUMP_EQUAL, ifTrue: values.length - index, k };
          }),
          { code: RETURN, k: RETURN_KILL_PROCESS },
        ];
  return [
    { code: JUMP_EQUAL, ifFalse: body.length + 1, k: call },
    ...body,
    { code: RETURN, k: RETURN_ALLOW },
  ];
}
