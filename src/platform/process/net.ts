/**
 * The network of an image, on descriptor 3: frames over a stream socket, or a TAP device.
 *
 * Of a TAP device each read and each write is one frame, with virtio's header before it, and so up to 64 KiB of TCP. Frames are
 * read until there are none; then the device is asked again only after `idle` has waited for one, or one in pieces has left. That
 * is written as it lies (writev).
 *
 * A stream has no frames of its own: each comes after its length, u32 big-endian (QEMU's `-netdev socket`). One read
 * brings many; those that go are gathered and leave at `idle`, in one write. What a full socket did not take stays
 * first in line, so the other side never sees a part of a frame and then another. Pieces of a frame are gathered too.
 */
import { PiecesSent } from "../../abi/net.ts";
import { Relocation, Routine } from "../../abi/object.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { ABSENT } from "../../x64/encoder.ts";
import { Condition, R10, R11, R8, R9, RAX, RCX, RDI, RDX, RSI } from "../../x64/register.ts";
import { ADD64, BSWAP32, LEA64, MOV32, SHL32, SUB64, TEST32 } from "../../x64/tables/index.ts";
import { compareState, storeState } from "../compartment/code.ts";
import {
  DRAINED,
  FRAME_LIMIT,
  ImageFixed,
  NET_DESCRIPTOR,
  NET_ENDED,
  NetKind,
  RECEIVED,
  RECEIVED_END,
  RECEIVED_LIMIT,
  RECEIVED_START,
  SENT,
  SENT_END,
  SENT_FROM,
  SENT_LIMIT,
  SENT_START,
  TAP_FRAMES,
  TAP_LONE,
} from "./image-state.ts";
import { emitErrorCheck, emitSystemCall, SystemCall, SystemError } from "./system-call.ts";

const LENGTH_BYTES = 4;
const ADDRESS_BYTES = 6;
const LONE_FRAMES = 7;
/** struct iovec: u64 address, u64 length. */
const PIECE_SHIFT = 4;
const PIECE_LENGTH = 8;
/** MSG_DONTWAIT, MSG_NOSIGNAL. */
const DONT_WAIT = 0x40;
const NO_SIGNAL = 0x4000;

/** rsi: address, rdx: capacity. rax: length of the frame, 0: none. */
export function emitReceive(a: Shorthand): void {
  const [socket, none] = [a.label(), a.label()];
  compareState(a, ImageFixed.Net, NetKind.Socket);
  a.branch(Condition.Equal, socket);
  compareState(a, ImageFixed.Net, NetKind.None);
  a.branch(Condition.Equal, none);
  emitTapReceive(a, none);
  a.bind(socket);
  emitSocketReceive(a, none);
  a.bind(none);
  a.set(RAX, 0);
  a.ret();
}

/**
 * A frame by a read, to where it is wanted. Of one that is longer than the capacity comes its length, and it is lost.
 *
 * Where one frame came alone, the next few are taken to do so too: `idle` asks in any case, and no read need find nothing.
 */
function emitTapReceive(a: Shorthand, none: number): void {
  const [empty, several, more] = [a.label(), a.label(), a.label()];
  const add = (counter: number, number: number): void =>
    a.rip(ADD64.rmImm8, 0, Relocation.DataSegment, Place.State, counter, number);
  compareState(a, DRAINED, 0);
  a.branch(Condition.NotEqual, none);
  a.set(RDI, NET_DESCRIPTOR);
  emitSystemCall(a, SystemCall.Read);
  emitErrorCheck(a, empty);
  a.test(RAX);
  a.branch(Condition.Equal, empty);
  add(TAP_FRAMES, 1);
  compareState(a, TAP_LONE, 0);
  a.branch(Condition.Equal, more);
  add(TAP_LONE, -1);
  storeState(a, DRAINED, 1);
  a.bind(more);
  a.ret();
  a.bind(empty);
  storeState(a, DRAINED, 1);
  compareState(a, TAP_FRAMES, 1);
  a.branch(Condition.NotEqual, several);
  storeState(a, TAP_LONE, LONE_FRAMES);
  a.bind(several);
  a.jump(none);
}

/** Copies the frame of `length` at rsi to rdi, and returns with its length. */
function emitFrame(a: Shorthand, length: number): void {
  a.move(RDX, length);
  a.push(RDX);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.pop(RAX);
  a.ret();
}

function emitSocketReceive(a: Shorthand, none: number): void {
  const [again, more, broken] = [a.label(), a.label(), a.label()];
  const [buffer, start] = [R10, R8];
  a.placeAddress(buffer, Place.State, RECEIVED);
  a.bind(again);
  a.loadPlace(start, Place.State, RECEIVED_START);
  a.loadPlace(R9, Place.State, RECEIVED_END);
  a.subtract(R9, start);
  a.compareConstant(R9, LENGTH_BYTES);
  a.branch(Condition.Below, more);
  a.rm(MOV32.regRm, RCX, buffer, start, 1, 0);
  a.r(BSWAP32, RCX);
  a.compareConstant(RCX, FRAME_LIMIT);
  a.branch(Condition.Above, broken);
  a.address(R11, RCX, LENGTH_BYTES);
  a.compare(R9, R11);
  a.branch(Condition.Below, more);
  a.add(R11, start);
  a.storePlace(Place.State, RECEIVED_START, R11);
  a.compare(RCX, RDX);
  a.branch(Condition.Above, again);
  a.rr(TEST32.rmReg, RCX, RCX);
  a.branch(Condition.Equal, again);
  a.move(RDI, RSI);
  a.rm(LEA64, RSI, buffer, start, 1, LENGTH_BYTES);
  emitFrame(a, RCX);

  a.bind(more);
  compareState(a, DRAINED, 0);
  a.branch(Condition.NotEqual, none);
  compareState(a, NET_ENDED, 0);
  a.branch(Condition.NotEqual, none);
  emitFill(a, again, none);
  a.bind(broken);
  storeState(a, NET_ENDED, 1);
  a.jump(none);
}

/** Moves what is left to the buffer's start and reads behind it. r8: start, r9: bytes left, r10: the buffer. */
function emitFill(a: Shorthand, again: number, none: number): void {
  const [ended, empty, full] = [a.label(), a.label(), a.label()];
  a.push(RSI);
  a.push(RDX);
  a.move(RDI, R10);
  a.rm(LEA64, RSI, R10, R8, 1, 0);
  a.move(RDX, R9);
  a.set(RAX, 0);
  a.storePlace(Place.State, RECEIVED_START, RAX);
  a.storePlace(Place.State, RECEIVED_END, R9);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.placeAddress(RSI, Place.State, RECEIVED);
  a.add(RSI, R9);
  a.set(RDX, RECEIVED_LIMIT);
  a.subtract(RDX, R9);
  a.set(RDI, NET_DESCRIPTOR);
  a.set(R10, DONT_WAIT);
  a.set(R8, 0);
  a.set(R9, 0);
  emitSystemCall(a, SystemCall.Recvfrom);
  a.move(R9, RDX);
  a.pop(RDX);
  a.pop(RSI);
  a.compareConstant(RAX, SystemError.Again);
  a.branch(Condition.Equal, empty);
  a.compareConstant(RAX, SystemError.Interrupted);
  a.branch(Condition.Equal, empty);
  emitErrorCheck(a, ended);
  a.test(RAX);
  a.branch(Condition.Equal, ended);
  a.rip(ADD64.rmReg, RAX, Relocation.DataSegment, Place.State, RECEIVED_END);
  // Less than there was room for: the socket has no more, and need not be asked before it was waited for.
  a.compare(RAX, R9);
  a.branch(Condition.Equal, full);
  storeState(a, DRAINED, 1);
  a.bind(full);
  a.placeAddress(R10, Place.State, RECEIVED);
  a.jump(again);
  a.bind(empty);
  storeState(a, DRAINED, 1);
  a.jump(none);
  a.bind(ended);
  storeState(a, NET_ENDED, 1);
  a.jump(none);
}

/** rsi: address, rdx: bytes. rax: 1, or 0 where there is no room. */
export function emitTransmit(a: Shorthand, flush: number): void {
  const [socket, taken, refused] = [a.label(), a.label(), a.label()];
  compareState(a, ImageFixed.Net, NetKind.Socket);
  a.branch(Condition.Equal, socket);
  compareState(a, ImageFixed.Net, NetKind.None);
  a.branch(Condition.Equal, taken);
  emitToDevice(a, SystemCall.Write, taken, refused);
  a.bind(socket);
  emitSocketTransmit(a, flush, taken, refused);
  emitRefused(a, refused);
}

/** rsi: struct iovec of `rdx` pieces that are one frame. rax: a `PiecesSent`. */
export function emitTransmitPieces(a: Shorthand, flush: number): void {
  const [socket, taken, refused] = [a.label(), a.label(), a.label()];
  compareState(a, ImageFixed.Net, NetKind.Socket);
  a.branch(Condition.Equal, socket);
  compareState(a, ImageFixed.Net, NetKind.None);
  a.branch(Condition.Equal, taken);
  emitToDevice(a, SystemCall.Writev, taken, refused);
  a.bind(socket);
  emitSocketPieces(a, flush, taken, refused);
  emitRefused(a, refused);
}

/** Writes what rsi and rdx say to the device, and answers 1; `taken` is where a frame that needs no writing is answered. */
function emitToDevice(a: Shorthand, call: SystemCall, taken: number, refused: number): void {
  a.set(RDI, NET_DESCRIPTOR);
  emitSystemCall(a, call);
  a.compareConstant(RAX, SystemError.Again);
  a.branch(Condition.Equal, refused);
  // Frames of pieces are much data, which is acknowledged while more of it leaves.
  if (call === SystemCall.Writev) storeState(a, DRAINED, 0);
  a.bind(taken);
  a.set(RAX, 1);
  a.ret();
}

function emitRefused(a: Shorthand, refused: number): void {
  a.bind(refused);
  a.set(RAX, 0);
  a.ret();
}

function emitSocketTransmit(a: Shorthand, flush: number, taken: number, refused: number): void {
  a.compareConstant(RDX, FRAME_LIMIT);
  a.branch(Condition.Above, taken); // no frame at all
  emitGather(a, flush, refused);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  emitSendMuch(a, flush);
  a.jump(taken);
}

/** As `emitSocketTransmit`, of pieces. The copy leaves alone what keeps the place in the list, its end, and the target. */
function emitSocketPieces(a: Shorthand, flush: number, taken: number, refused: number): void {
  const [some, room, add, sum] = [a.label(), a.label(), a.label(), a.label()];
  const [copy, whole] = [a.label(), a.label()];
  const [piece, end, target] = [R10, R9, R11];
  a.test(RDX);
  a.branch(Condition.NotEqual, some);
  a.call(flush);
  a.jump(room);
  a.bind(some);
  a.ri(SHL32.imm8, RDX, PIECE_SHIFT);
  a.rm(LEA64, end, RSI, RDX, 1, 0);
  a.move(RAX, RSI);
  a.set(RDX, 0);
  a.bind(add);
  a.compare(RAX, end);
  a.branch(Condition.Equal, sum);
  a.rm(ADD64.regRm, RDX, RAX, ABSENT, 1, PIECE_LENGTH);
  a.addConstant(RAX, 1 << PIECE_SHIFT);
  a.jump(add);
  a.bind(sum);
  a.compareConstant(RDX, FRAME_LIMIT);
  a.branch(Condition.Above, taken);
  emitGather(a, flush, refused);
  a.move(piece, RSI);
  a.move(target, RDI);
  a.bind(copy);
  a.compare(piece, end);
  a.branch(Condition.Equal, whole);
  a.load(RSI, piece);
  a.load(RDX, piece, PIECE_LENGTH);
  a.move(RDI, target);
  a.add(target, RDX);
  a.addConstant(piece, 1 << PIECE_SHIFT);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.jump(copy);
  a.bind(whole);
  emitSendMuch(a, flush);
  a.bind(room);
  a.loadPlace(RAX, Place.State, SENT_END);
  a.compareConstant(RAX, SENT_LIMIT - LENGTH_BYTES - FRAME_LIMIT);
  a.branch(Condition.BelowOrEqual, taken);
  a.set(RAX, PiecesSent.Last);
  a.ret();
}

/** rdx: bytes of a frame. rdi: where they go, behind their length. Keeps rsi, rdx and r9. */
function emitGather(a: Shorthand, flush: number, refused: number): void {
  const fits = a.label();
  const end = R8;
  const emitEnd = (): void => {
    a.loadPlace(end, Place.State, SENT_END);
    a.rm(LEA64, RAX, end, RDX, 1, LENGTH_BYTES);
    a.compareConstant(RAX, SENT_LIMIT);
  };
  emitEnd();
  a.branch(Condition.BelowOrEqual, fits);
  a.push(RSI);
  a.push(RDX);
  a.push(R9);
  a.call(flush);
  a.pop(R9);
  a.pop(RDX);
  a.pop(RSI);
  emitEnd();
  a.branch(Condition.Above, refused);
  a.bind(fits);
  a.storePlace(Place.State, SENT_END, RAX);
  a.placeAddress(RDI, Place.State, SENT);
  a.add(RDI, end);
  a.rr(MOV32.regRm, RCX, RDX);
  a.r(BSWAP32, RCX);
  a.store32(RDI, 0, RCX);
  a.addConstant(RDI, LENGTH_BYTES);
}

/** Sends what waits where it is much. */
function emitSendMuch(a: Shorthand, flush: number): void {
  const few = a.label();
  a.loadPlace(RAX, Place.State, SENT_END);
  a.rip(SUB64.regRm, RAX, Relocation.DataSegment, Place.State, SENT_START);
  a.compareConstant(RAX, SENT_FROM);
  a.branch(Condition.Below, few);
  a.call(flush);
  a.bind(few);
}

/** A function: sends what waits, as far as the socket takes it. */
export function emitFlush(a: Shorthand): void {
  const [again, drop, full, moved] = [a.label(), a.label(), a.label(), a.label()];
  a.bind(again);
  a.loadPlace(RSI, Place.State, SENT_START);
  a.loadPlace(RDX, Place.State, SENT_END);
  a.subtract(RDX, RSI);
  a.branch(Condition.Equal, drop);
  a.placeAddress(RAX, Place.State, SENT);
  a.add(RSI, RAX);
  a.set(RDI, NET_DESCRIPTOR);
  a.set(R10, DONT_WAIT | NO_SIGNAL);
  a.set(R8, 0);
  a.set(R9, 0);
  emitSystemCall(a, SystemCall.Sendto);
  a.compareConstant(RAX, SystemError.Interrupted);
  a.branch(Condition.Equal, again);
  a.compareConstant(RAX, SystemError.Again);
  a.branch(Condition.Equal, full);
  emitErrorCheck(a, drop);
  a.rip(ADD64.rmReg, RAX, Relocation.DataSegment, Place.State, SENT_START);
  a.jump(again);

  // Room is at the end: what waits goes to the start.
  a.bind(full);
  compareState(a, SENT_START, 0);
  a.branch(Condition.Equal, moved);
  a.placeAddress(RDI, Place.State, SENT);
  a.set(RAX, 0);
  a.storePlace(Place.State, SENT_START, RAX);
  a.storePlace(Place.State, SENT_END, RDX);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.bind(moved);
  a.ret();
  // All is sent, or nobody is there any more.
  a.bind(drop);
  a.set(RAX, 0);
  a.storePlace(Place.State, SENT_START, RAX);
  a.storePlace(Place.State, SENT_END, RAX);
  a.ret();
}

/** rsi: address of 6 bytes. rax: a `NetDevice`. */
export function emitNetAddress(a: Shorthand): void {
  const none = a.label();
  a.set(RAX, 0);
  compareState(a, ImageFixed.Net, NetKind.None);
  a.branch(Condition.Equal, none);
  a.move(RDI, RSI);
  a.placeAddress(RSI, Place.State, ImageFixed.HardwareAddress);
  a.set(RDX, ADDRESS_BYTES);
  a.callRelocated(Relocation.Routine, Routine.Copy);
  a.loadPlace(RAX, Place.State, ImageFixed.NetDevice);
  a.bind(none);
  a.ret();
}
