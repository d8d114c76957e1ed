/**
 * The process gives up what it does not need any more: what start-up wrote becomes read-only, no new privileges, and of
 * the system's calls those of a running image alone.
 */
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { R10, R8, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import type { Code } from "../compartment/code.ts";
import { isReplicated, type ImagePlan } from "../compartment/plan.ts";
import type { ReadOnlyData } from "../compartment/read-only.ts";
import { FIXED_BYTES } from "../compartment/state.ts";
import { ITIMER_REAL } from "./alarm.ts";
import {
  CONFIGURATION,
  CONFIGURATION_LIMIT,
  CONSOLE_ERRORS,
  CONTROL_DESCRIPTOR,
  NET_DESCRIPTOR,
  PAGE_MAP_DESCRIPTOR,
  SCRATCH,
} from "./image-state.ts";
import { writeFilter, type Rule } from "./seccomp.ts";
import { emitErrorCheck, emitSystemCall, MADVISE_DONTNEED, Protection, SystemCall } from "./system-call.ts";

const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const INSTRUCTION_BYTES = 8;
const CONSOLE_OUTPUT = 1;

/** The most frequent first: the system tries them in turn. */
function rules(plan: ImagePlan): Rule[] {
  const { isNetworked } = plan;
  const net = { argument: 0, values: [NET_DESCRIPTOR] };
  const written = [CONSOLE_OUTPUT, CONSOLE_ERRORS, CONTROL_DESCRIPTOR];
  return [
    { call: SystemCall.Ppoll },
    { call: SystemCall.ClockGettime },
    ...(isNetworked
      ? [
          { call: SystemCall.Recvfrom, ...net },
          { call: SystemCall.Sendto, ...net },
          { call: SystemCall.Read, ...net },
          { call: SystemCall.Writev, ...net },
        ]
      : []),
    { call: SystemCall.Write, argument: 0, values: isNetworked ? [...written, NET_DESCRIPTOR] : written },
    { call: SystemCall.Setitimer, argument: 0, values: [ITIMER_REAL] },
    { call: SystemCall.RtSigreturn },
    ...(isReplicated(plan) ? [{ call: SystemCall.Pread, argument: 0, values: [PAGE_MAP_DESCRIPTOR] }] : []),
    { call: SystemCall.Mprotect, argument: 2, values: [Protection.ReadWrite, Protection.None] },
    { call: SystemCall.Madvise, argument: 2, values: [MADVISE_DONTNEED] },
    { call: SystemCall.Getrandom },
    { call: SystemCall.ExitGroup },
  ];
}

/** What start-up alone writes. */
export function emitSeal({ a, records }: Code, failed: number): void {
  a.placeAddress(RDI, Place.MemoryBases);
  a.placeAddress(RSI, Place.State, FIXED_BYTES);
  a.subtract(RSI, RDI);
  a.set(RDX, Protection.Read);
  emitSystemCall(a, SystemCall.Mprotect);
  emitErrorCheck(a, failed);
  a.placeAddress(RDI, Place.State, CONFIGURATION);
  a.set(RSI, CONFIGURATION_LIMIT);
  a.set(RDX, Protection.Read);
  emitSystemCall(a, SystemCall.Mprotect);
  emitErrorCheck(a, failed);
  if (records.sealedBytes === 0) return;
  a.placeAddress(RDI, Place.State, records.fixed);
  a.set(RSI, records.sealedBytes);
  a.set(RDX, Protection.Read);
  emitSystemCall(a, SystemCall.Mprotect);
  emitErrorCheck(a, failed);
}

/** Nothing but the listed calls from here on. */
export function emitFilter(a: Shorthand, readOnly: ReadOnlyData, plan: ImagePlan, failed: number): void {
  const filter = writeFilter(rules(plan));
  a.set(RDI, PR_SET_NO_NEW_PRIVS);
  a.set(RSI, 1);
  for (const register of [RDX, R10, R8]) a.set(register, 0);
  emitSystemCall(a, SystemCall.Prctl);
  emitErrorCheck(a, failed);
  // struct sock_fprog: u16 count of instructions, their address.
  a.placeAddress(RDX, Place.State, SCRATCH);
  a.set(RAX, filter.length / INSTRUCTION_BYTES);
  a.store(RDX, 0, RAX);
  a.placeAddress(RAX, Place.ReadOnly, readOnly.addPart({ owner: "platform", kind: "filter" }, filter));
  a.store(RDX, 8, RAX);
  a.set(RDI, SECCOMP_SET_MODE_FILTER);
  a.set(RSI, 0);
  emitSystemCall(a, SystemCall.Seccomp);
  emitErrorCheck(a, failed);
}
