/**
 * Serves a session: reads a request, does it, answers, until the socket ends (`protocol.ts`).
 *
 * Runs on its own stack. Compiled code gets the native stack from its end at each call, so a call that ended in a
 * fault leaves nothing to clean up.
 */
import { Relocation } from "../../abi/object.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { Condition, R12, R13, RAX, RCX, RDI, RDX, RSI, RSP } from "../../x64/register.ts";
import { ADD64, CALL, CMOV64, MOV64 } from "../../x64/tables/index.ts";
import { Answer, AnswerStatus, Request, RequestKind, SESSION_SOCKET, STACK_SHOWN_BYTES } from "./protocol.ts";
import { LOOP_STACK_END, SLOTS, State } from "./state.ts";
import { emitErrorCheck, emitExit, emitSystemCall, SystemCall } from "./system-call.ts";

/** Labels of the code that this file emits and others name. */
export interface LoopLabels {
  readonly loop: number;
  /** Where the signal handler continues after a fault of compiled code. */
  readonly recover: number;
}

export function emitCommandLoop(a: Shorthand, labels: LoopLabels): void {
  const receive = a.label();
  const send = a.label();
  const read = a.label();
  const write = a.label();
  a.bind(labels.loop);
  a.placeAddress(RSP, Place.State, LOOP_STACK_END);
  a.placeAddress(RSI, Place.State, State.Request);
  a.set(RDX, Request.Size);
  a.call(receive);
  emitClearAnswer(a);
  loadRequest32(a, RAX, Request.Kind);
  a.compareConstant(RAX, RequestKind.Read);
  a.branch(Condition.Equal, read);
  a.compareConstant(RAX, RequestKind.Write);
  a.branch(Condition.Equal, write);
  emitCall(a, labels, receive, send);
  a.bind(read);
  emitRead(a, labels, send);
  a.bind(write);
  emitWrite(a, labels, receive, send);
  a.bind(labels.recover);
  emitRecover(a, labels, send);
  a.bind(receive);
  emitTransfer(a, SystemCall.Read);
  a.bind(send);
  emitTransfer(a, SystemCall.Write);
}

function loadRequest32(a: Shorthand, to: number, field: Request): void {
  a.placeAddress(to, Place.State, State.Request + field);
  a.load32(to, to);
}

function emitClearAnswer(a: Shorthand): void {
  a.set(RAX, 0);
  a.storePlace(Place.State, State.Answer + Answer.Status, RAX);
  a.storePlace(Place.State, State.Answer + Answer.Length, RAX);
}

/** The arguments follow the request; the results follow the answer, where the arguments were. */
function emitCall(a: Shorthand, { loop }: LoopLabels, receive: number, send: number): void {
  a.placeAddress(RSI, Place.State, SLOTS);
  a.loadPlace(RDX, Place.State, State.Request + Request.Length);
  a.call(receive);
  a.codeBase(RCX);
  loadRequest32(a, RDI, Request.Function);
  a.add(RDI, RCX);
  loadRequest32(a, RAX, Request.Operand);
  a.add(RAX, RCX);
  emitMemoryBase(a, RDX);
  a.placeAddress(RSI, Place.State, SLOTS);
  a.set(RCX, 1);
  a.storePlace(Place.State, State.Active, RCX);
  a.loadPlace(RSP, Place.State, State.StackEnd);
  a.r(CALL, RAX);
  a.set(RAX, 0);
  a.storePlace(Place.State, State.Active, RAX);
  a.placeAddress(RSP, Place.State, LOOP_STACK_END);
  a.loadPlace(RDX, Place.State, State.Request + Request.ResultLength);
  a.storePlace(Place.State, State.Answer + Answer.Length, RDX);
  a.addConstant(RDX, Answer.Size);
  a.placeAddress(RSI, Place.State, State.Answer);
  a.call(send);
  a.jump(loop);
}

function emitRead(a: Shorthand, { loop }: LoopLabels, send: number): void {
  a.loadPlace(RDX, Place.State, State.Request + Request.Length);
  a.storePlace(Place.State, State.Answer + Answer.Length, RDX);
  emitSendAnswer(a, send);
  emitRange(a);
  a.call(send);
  a.jump(loop);
}

function emitWrite(a: Shorthand, { loop }: LoopLabels, receive: number, send: number): void {
  emitRange(a);
  a.call(receive);
  emitSendAnswer(a, send);
  a.jump(loop);
}

/** rsi, rdx: address and length that a Read or Write names. */
function emitRange(a: Shorthand): void {
  emitMemoryBase(a, RSI);
  a.rip(ADD64.regRm, RSI, Relocation.DataSegment, Place.State, State.Request + Request.Operand);
  a.loadPlace(RDX, Place.State, State.Request + Request.Length);
}

/** The base of the request's memory. Changes rcx. */
function emitMemoryBase(a: Shorthand, to: number): void {
  loadRequest32(a, RCX, Request.Memory);
  a.placeAddress(to, Place.MemoryBases);
  a.rm(MOV64.regRm, to, to, RCX, 8, 0);
}

function emitSendAnswer(a: Shorthand, send: number): void {
  a.placeAddress(RSI, Place.State, State.Answer);
  a.set(RDX, Answer.Size);
  a.call(send);
}

/** Answers with what the signal handler kept, and with the top of the stack. */
function emitRecover(a: Shorthand, { loop }: LoopLabels, send: number): void {
  const outside = a.label();
  const answer = a.label();
  a.set(RAX, AnswerStatus.Faulted);
  a.placeAddress(R12, Place.State, State.Answer);
  a.store32(R12, Answer.Status, RAX);
  a.codeBase(RAX);
  a.store(R12, Answer.CodeBase, RAX);
  a.loadPlace(RAX, Place.State, State.GuardStart);
  a.store(R12, Answer.GuardStart, RAX);

  // What can be read begins at the stack's start at the earliest, whatever rsp was.
  a.load(RSI, R12, Answer.StackPointer);
  a.loadPlace(RAX, Place.State, State.StackStart);
  a.compare(RSI, RAX);
  a.rr(CMOV64[Condition.Below]!, RSI, RAX);
  a.store(R12, Answer.DataAddress, RSI);
  a.set(RDX, 0);
  a.loadPlace(RAX, Place.State, State.StackEnd);
  a.subtract(RAX, RSI);
  a.branch(Condition.BelowOrEqual, outside);
  a.set(RDX, STACK_SHOWN_BYTES);
  a.compare(RDX, RAX);
  a.rr(CMOV64[Condition.Above]!, RDX, RAX);
  a.bind(outside);
  a.store(R12, Answer.Length, RDX);
  a.bind(answer);
  a.move(R13, RSI);
  emitSendAnswer(a, send);
  a.move(RSI, R13);
  a.load(RDX, R12, Answer.Length);
  a.call(send);
  a.jump(loop);
}

/** A routine that moves rdx bytes between rsi and the socket, and ends the process when the other side is gone. */
function emitTransfer(a: Shorthand, call: SystemCall.Read | SystemCall.Write): void {
  const again = a.label();
  const done = a.label();
  const ended = a.label();
  a.bind(again);
  a.test(RDX);
  a.branch(Condition.Equal, done);
  a.set(RDI, SESSION_SOCKET);
  emitSystemCall(a, call);
  emitErrorCheck(a, ended);
  a.test(RAX);
  a.branch(Condition.Equal, ended);
  a.add(RSI, RAX);
  a.subtract(RDX, RAX);
  a.jump(again);
  a.bind(done);
  a.ret();
  a.bind(ended);
  emitExit(a, 0);
}
