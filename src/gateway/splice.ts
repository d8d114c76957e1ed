/**
 * One stream of the stack joined to one host socket, both ways.
 *
 *   stack ── readable ──► block ── one write a turn ──► socket      no more than IN_FLIGHT_LIMIT unsent, or
 *                                                                   SCARCE_LIMIT where all hold much: the rest
 *                                                                   stays with the stack, its window closes
 *   stack ◄── write ────────────── rest ◄── data ────── socket      what the stack does not take waits here
 *                                                                   with the socket paused
 *
 * An end on one side becomes an end on the other, after all bytes before it; a reset becomes a reset. A socket
 * that is gone before both sides have ended aborts the stream.
 *
 * Tests: gateway.test.ts
 */
import type { Socket } from "node:net";
import { CloseReason } from "../abi/status.ts";
import type { Blocks } from "./blocks.ts";
import type { Stream, StreamHandler } from "./stack.ts";
import type { Settling, Turns } from "./turns.ts";

/** Bytes given to the socket that it has not sent; and where blocks are scarce, in no more memory than they need. */
const IN_FLIGHT_LIMIT = 0x40000;
const SCARCE_LIMIT = 0x4000;

/** After this long without a byte the host asks its peer whether it is still there. */
const KEEP_ALIVE_MS = 60_000;

export class Splice implements StreamHandler, Settling {
  readonly #socket: Socket;
  readonly #turns: Turns;
  readonly #blocks: Blocks;
  #stream: Stream | undefined;
  #block: Buffer | undefined;
  #filled = 0;
  #inFlight = 0;
  /** The stack holds bytes that this side did not take. */
  #starved = false;
  /** Bytes of the socket that the stack did not take. */
  #rest: Buffer | undefined;
  #socketEnded = false;
  #streamEnded = false;

  constructor(socket: Socket, turns: Turns, blocks: Blocks) {
    this.#socket = socket;
    this.#turns = turns;
    this.#blocks = blocks;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("data", (bytes: Buffer) => this.#send(bytes));
    socket.on("end", () => this.#socketEnd());
    // Every error is followed by "close", which says all there is to say.
    socket.on("error", () => {});
    socket.on("close", () => this.#socketGone());
    socket.pause();
  }

  /** The stream, once the stack has named it; bytes flow when it is open. */
  attach(stream: Stream): void {
    this.#stream = stream;
  }

  connected(): void {
    this.#socket.resume();
  }

  readable(bytes: Uint8Array): number {
    if (this.#socket.destroyed) return bytes.length;
    const wanted = Math.min(bytes.length, this.#limit - this.#inFlight - this.#filled);
    let taken = 0;
    while (taken < wanted) {
      if (this.#block === undefined) {
        this.#block = this.#blocks.take();
        this.#turns.atEnd(this);
      }
      const part = Math.min(wanted - taken, this.#block.length - this.#filled);
      this.#block.set(part === bytes.length ? bytes : bytes.subarray(taken, taken + part), this.#filled);
      this.#filled += part;
      taken += part;
      if (this.#filled === this.#block.length) this.settle();
    }
    this.#starved = taken < bytes.length;
    return taken;
  }

  writable(): void {
    const rest = this.#rest;
    if (rest === undefined) return;
    this.#rest = undefined;
    this.#send(rest);
    if (this.#rest !== undefined) return;
    if (this.#socketEnded) this.#stream?.shutdown();
    else this.#socket.resume();
  }

  finished(): void {
    this.#streamEnded = true;
    this.settle();
    this.#socket.end();
  }

  closed(reason: CloseReason): void {
    this.#stream = undefined;
    if (reason === CloseReason.Finished) this.settle();
    else this.#socket.resetAndDestroy();
    this.#releaseBlock();
  }

  /** Sends what the turn has gathered. */
  settle(): void {
    const block = this.#block;
    if (block === undefined) return;
    const length = this.#filled;
    this.#block = undefined;
    this.#filled = 0;
    this.#inFlight += length;
    const isOwn = this.#blocks.isScarce && length < block.length;
    const bytes = isOwn ? Buffer.from(block.subarray(0, length)) : block.subarray(0, length);
    if (isOwn) this.#blocks.give(block);
    this.#socket.write(bytes, () => {
      if (!isOwn) this.#blocks.give(block);
      this.#inFlight -= length;
      if (!this.#starved || this.#inFlight >= this.#limit) return;
      this.#starved = false;
      this.#stream?.resume();
    });
  }

  get #limit(): number {
    return this.#blocks.isScarce ? SCARCE_LIMIT : IN_FLIGHT_LIMIT;
  }

  #send(bytes: Buffer): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    const taken = stream.write(bytes);
    if (taken === bytes.length) return;
    this.#rest = bytes.subarray(taken);
    this.#socket.pause();
  }

  #socketEnd(): void {
    this.#socketEnded = true;
    if (this.#rest === undefined) this.#stream?.shutdown();
  }

  #socketGone(): void {
    if (this.#socketEnded && this.#streamEnded) return;
    this.#stream?.abort();
  }

  #releaseBlock(): void {
    if (this.#block === undefined) return;
    this.#blocks.give(this.#block);
    this.#block = undefined;
  }
}
