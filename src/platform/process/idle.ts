/**
 * Sleep, and the end: where what was gathered leaves.
 */
import { Relocation } from "../../abi/object.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, R10, R12, R8, R9, RAX, RDI, RDX, RSI } from "../../x64/register.ts";
import { MOV32, SUB64 } from "../../x64/tables/index.ts";
import { compareState, storeState } from "../compartment/code.ts";
import { emitSetAlarm, type Sleep } from "./alarm.ts";
import { emitPoll, POLL_IN, POLL_OUT } from "./descriptors.ts";
import {
  DRAINED,
  ImageFixed,
  NET_DESCRIPTOR,
  NET_ENDED,
  NetKind,
  SCRATCH,
  SENT_END,
  SENT_START,
  TAP_FRAMES,
} from "./image-state.ts";
import { emitSystemCall, SystemCall } from "./system-call.ts";

/** Of what waits to be sent at the end, for each piece. */
const LAST_WAIT_SECONDS = 1;
/** In the scratch. */
const POLL = SCRATCH;
const TIMEOUT = SCRATCH + 16;

/** rdi: deadline in ns. Returns at a frame, at the deadline, or somewhat earlier. */
export function emitIdle(a: Shorthand, flush: number, { decides, over }: Sleep): void {
  const deadline = R12;
  a.push(deadline);
  a.move(deadline, RDI);
  a.call(flush);
  storeState(a, DRAINED, 0);
  storeState(a, TAP_FRAMES, 0);
  a.bind(decides);
  emitSetAlarm(a, deadline, over);
  emitDescriptors(a);
  for (const noLimit of [RDX, R10]) a.set(noLimit, 0);
  a.set(R8, 8);
  emitSystemCall(a, SystemCall.Ppoll);
  a.bind(over);
  a.pop(deadline);
  a.ret();
}

/** rdi, rsi: what to wait for: frames, and room if some wait to be sent. */
function emitDescriptors(a: Shorthand): void {
  const [nothing, noneSent] = [a.label(), a.label()];
  a.set(RSI, 0);
  compareState(a, ImageFixed.Net, NetKind.None);
  a.branch(Condition.Equal, nothing);
  compareState(a, NET_ENDED, 0);
  a.branch(Condition.NotEqual, nothing);
  a.set(RSI, 1);
  a.ri(MOV32.regImm32, R8, POLL_IN);
  a.loadPlace(R9, Place.State, SENT_END);
  a.rip(SUB64.regRm, R9, Relocation.DataSegment, Place.State, SENT_START);
  a.branch(Condition.Equal, noneSent);
  a.ri(MOV32.regImm32, R8, POLL_IN | POLL_OUT);
  a.bind(noneSent);
  a.set(RAX, NET_DESCRIPTOR);
  a.placeAddress(RDI, Place.State, POLL);
  a.store32(RDI, 0, RAX);
  a.store32(RDI, 4, R8);
  a.bind(nothing);
}

/** rdi: status. */
export function emitLastWrites(a: Shorthand, flush: number): void {
  const [again, done] = [a.label(), a.label()];
  a.push(RDI);
  a.bind(again);
  a.call(flush);
  a.loadPlace(RAX, Place.State, SENT_END);
  a.rip(SUB64.regRm, RAX, Relocation.DataSegment, Place.State, SENT_START);
  a.branch(Condition.Equal, done);
  a.set(RAX, LAST_WAIT_SECONDS);
  a.storePlace(Place.State, TIMEOUT, RAX);
  a.set(RAX, 0);
  a.storePlace(Place.State, TIMEOUT + 8, RAX);
  a.set(RDI, NET_DESCRIPTOR);
  emitPoll(a, POLL_OUT, () => a.placeAddress(RDX, Place.State, TIMEOUT));
  a.test(RAX);
  a.branch(Condition.Greater, again);
  a.bind(done);
  a.pop(RDI);
  emitSystemCall(a, SystemCall.ExitGroup);
}
