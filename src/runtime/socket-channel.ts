/**
 * A WebSocket of the kernel's as the runtime has it: whole messages come out, and what the peer has not taken yet waits
 * here, up to a limit. The Web's WebSocket and the package `ws` (`src/node/ws`) stand on it.
 *
 * Tests:  tests/functional/websocket.test.ts, tests/functional/published-sockets.test.ts
 */
import { joinBytes } from "./bytes.ts";
import { socketAbort, socketAccept, socketClose, socketHeed } from "./host.ts";
import { socketKind, socketRead, socketReason, socketSend } from "./host.ts";
import type { SocketChannel, SocketOwner } from "./machine-calls.ts";
import type { Outgoing } from "./outgoing.ts";
import { NOBODY, running } from "./running.ts";
import { ask, chosenProtocol, type Asked } from "./websocket-client.ts";

/** Numbers of `src/abi/status.ts`. */
const FULL = -4;
const END = -5;

const FINAL = 0x80;
/** The most that the kernel takes in one frame. */
const FRAME_BYTES = 65536;
/** What may wait for a peer that does not read: who sends more than that ends the connection. */
const BACKLOG_LIMIT_BYTES = 16 * 1024 * 1024;
/** What a waiting message holds besides its bytes, about. */
const MESSAGE_COST_BYTES = 128;
/**
 * What messages that are not complete may hold together, beyond one. Whoever began first has had the longest to finish,
 * and is told to come again: strangers that never finish would take all memory.
 */
const PARTS_LIMIT_BYTES = 16 * 1024 * 1024;
const TRY_AGAIN = 1013;
export const NO_CODE = 1005;
export const ABNORMAL = 1006;
const CLOSED_EARLY = "it was closed before it was open";
const NOTHING = new Uint8Array(0);

/** A message on its way: its opcode with `FINAL`, and what of it has not left. */
interface Waiting {
  frame: number;
  bytes: Uint8Array;
  readonly sent: ((error?: Error) => void) | undefined;
}

const listed = new Map<number, Channel>();
/** To other servers, until they are closed. */
const clients = new Set<Channel>();

/** Those with part of a message, the one that began first in front; and how many bytes they have together. */
const partial = new Set<Channel>();
let partBytes = 0;

/** Whether a program still has to do with a WebSocket of another server. */
export function hasWebSockets(): boolean {
  return clients.size > 0;
}

export class Channel implements SocketChannel {
  readonly #owner: SocketOwner;
  /** The kernel's number; 0 until there is a connection, and when there is none any more. */
  #id = 0;
  #isOver = false;
  #isReading = true;
  /** Of one to another server that is not open yet. */
  #outgoing: Outgoing | undefined;
  #waiting: Waiting[] = [];
  /** Which of those is the next to leave. */
  #next = 0;
  #waitingBytes = 0;
  #pieces: Uint8Array[] = [];
  /** What to say last, once all that waits has left. */
  #farewell: { readonly code: number; readonly reason: Uint8Array } | undefined;

  constructor(owner: SocketOwner) {
    this.#owner = owner;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Answers a request with a WebSocket: the kernel's number, or its `Status`. */
  accept(request: number, fields: string, limit = 0): number {
    const id = socketAccept(request, fields, limit);
    if (id >= 0) this.#attach(id);
    return id;
  }

  /** Opens one to another server: the protocol that this chose. */
  async connect(asked: Asked, limit = 0): Promise<string> {
    clients.add(this);
    try {
      // Listeners are there before anything is told.
      await undefined;
      if (this.#isOver) throw new TypeError(CLOSED_EARLY);
      const outgoing = (this.#outgoing = ask(asked));
      const protocol = chosenProtocol(await outgoing.head(), asked);
      const id = outgoing.adopt(limit);
      if (id < 0) throw new TypeError(`the kernel refuses a WebSocket: status ${id}`);
      this.#attach(id);
      return protocol;
    } catch (error) {
      this.#outgoing?.abort(error);
      this.#end();
      throw error;
    }
  }

  #attach(id: number): void {
    this.#id = id;
    listed.set(id, this);
    this.#flush();
  }

  /** `frame`: the message's opcode, and `FINAL` where no more of it follows. `sent` is called when it has left, or cannot. */
  send(frame: number, bytes: Uint8Array, sent?: (error?: Error) => void): void {
    const count = this.#waiting.length - this.#next;
    if (this.#waitingBytes + count * MESSAGE_COST_BYTES > BACKLOG_LIMIT_BYTES) this.#overflow();
    if (this.#isOver) {
      if (sent !== undefined) queueMicrotask(() => sent(unsent()));
      return;
    }
    const message = { frame, bytes, sent };
    this.#waiting.push(message);
    this.#waitingBytes += bytes.length;
    if (count === 0) this.#flush();
    // A copy of what is left: the caller may write into its bytes before they leave.
    if (this.#waiting.length > 0) message.bytes = message.bytes.slice();
  }

  /** Sends what waits, as far as the peer takes it; then the farewell. */
  #flush(): void {
    if (this.#id === 0) return;
    for (let first = this.#waiting[this.#next]; first !== undefined; first = this.#waiting[this.#next]) {
      const piece = first.bytes.length > FRAME_BYTES ? first.bytes.subarray(0, FRAME_BYTES) : first.bytes;
      const isLast = piece.length === first.bytes.length;
      const status = socketSend(this.#id, isLast ? first.frame : first.frame & ~FINAL, piece);
      if (status === FULL) return;
      if (status < 0) {
        this.#drop();
        break;
      }
      this.#waitingBytes -= piece.length;
      if (isLast) {
        this.#next++;
        if (first.sent !== undefined) queueMicrotask(first.sent);
      } else {
        first.bytes = first.bytes.subarray(FRAME_BYTES);
        // The rest continues the message.
        first.frame &= FINAL;
      }
    }
    this.#waiting = [];
    this.#next = 0;
    if (this.#farewell === undefined) return;
    socketClose(this.#id, this.#farewell.code, this.#farewell.reason);
    this.#farewell = undefined;
  }

  /** What waits never leaves. */
  #drop(): void {
    const left = this.#waiting.slice(this.#next);
    this.#waiting = [];
    this.#next = 0;
    this.#waitingBytes = 0;
    for (const { sent } of left) if (sent !== undefined) queueMicrotask(() => sent(unsent()));
  }

  /** Code 1005: none is said. */
  close(code: number, reason: Uint8Array): void {
    this.#farewell = { code, reason: code === NO_CODE ? NOTHING : reason };
    if (this.#waiting.length === 0) this.#flush();
  }

  /** Ends it at once; its owner is told nothing. One that is not open yet fails. */
  abort(): void {
    if (this.#isOver) return;
    this.#outgoing?.abort(new TypeError(CLOSED_EARLY));
    if (this.#id !== 0) socketAbort(this.#id);
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    listed.delete(this.#id);
    clients.delete(this);
    this.#id = 0;
    this.#forget();
    this.#drop();
  }

  #overflow(): void {
    if (this.#isOver) return;
    this.abort();
    const error = new Error("The peer does not read, and more than 16 MiB wait for it");
    queueMicrotask(() => this.#owner.closed(ABNORMAL, NOTHING, error));
  }

  /** The owner is told of pings and pongs. */
  heed(): void {
    if (this.#id !== 0) socketHeed(this.#id);
  }

  /** What comes stays with the peer. */
  pause(): void {
    this.#isReading = false;
  }

  resume(): void {
    this.#isReading = true;
    queueMicrotask(() => this.readable());
  }

  /** Takes what has come. */
  readable(): void {
    while (this.#isReading && this.#id !== 0) {
      const kind = socketKind(this.#id);
      const got = socketRead(this.#id);
      if (typeof got !== "number") {
        this.#keep(new Uint8Array(got));
        continue;
      }
      if (got !== END) return;
      const bytes = joinBytes(this.#pieces);
      this.#forget();
      this.#tell(kind, bytes);
    }
  }

  /** Part of a message. */
  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece);
    partial.add(this);
    partBytes += piece.length;
    while (partBytes > PARTS_LIMIT_BYTES && partial.size > 1) {
      const [first, second] = partial;
      const slowest = first === this ? second! : first!;
      slowest.#forget();
      // Nothing is in front of the close frame, so no rest of the message is read.
      slowest.#drop();
      slowest.close(TRY_AGAIN, NOTHING);
    }
  }

  #forget(): void {
    if (!partial.delete(this)) return;
    for (const { length } of this.#pieces) partBytes -= length;
    this.#pieces = [];
  }

  /** A listener that throws keeps nobody from the next message. */
  #tell(kind: number, bytes: Uint8Array): void {
    let isHeard = false;
    try {
      this.#owner.message(kind, bytes);
      isHeard = true;
    } finally {
      if (!isHeard) queueMicrotask(() => this.readable());
    }
  }

  writable(): void {
    this.#flush();
  }

  closed(code: number): void {
    const reason = new Uint8Array(socketReason(this.#id));
    this.#end();
    this.#owner.closed(code, reason);
  }

  control(opcode: number): void {
    this.#owner.control?.(opcode, new Uint8Array(socketReason(this.#id)));
  }
}

const unsent = () => new Error("The connection ended before the message had left");

/** The channel that the kernel tells of. Its request is answered, and has no work any more. */
function entered(id: number): Channel | undefined {
  running.request = NOBODY;
  return listed.get(id);
}

/** What the kernel tells, by socket. */
export const sockets = {
  readable: (id: number): void => entered(id)?.readable(),
  writable: (id: number): void => entered(id)?.writable(),
  closed: (id: number, code: number): void => entered(id)?.closed(code),
  control: (id: number, opcode: number): void => entered(id)?.control(opcode),
};
