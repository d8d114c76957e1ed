/**
 * The host's socket of one conversation by datagrams that the guest began. It is connected: so the host's system lets
 * only the destination answer, and says what became of a datagram (`failed`).
 *
 * Never: queues without a limit. What finds the host's queue full is dropped, as by any router.
 *
 * Tests: datagram-socket.test.ts, unreachable.test.ts
 */
import dgram from "node:dgram";
import { formatAddress, parseIpv4, parseIpv6 } from "./address.ts";
import type { Endpoint } from "./stack.ts";

/** Datagrams that wait until the socket is connected, a turn of the event loop or two. */
const WAITING_LIMIT = 16;
/** Bytes that the host's system has not taken. */
const QUEUE_LIMIT = 0x40000;

export interface DatagramEvents {
  answered(bytes: Uint8Array): void;
  /** A datagram that was sent before did not arrive, by the system's error code. */
  failed(code: string | undefined): void;
  /** The socket cannot be used; `failed` has said why. */
  broken(): void;
}

export class DatagramSocket {
  readonly #socket: dgram.Socket;
  readonly #events: DatagramEvents;
  /** Until the socket is connected. */
  #waiting: Buffer[] | undefined = [];
  #isOpen = true;

  constructor(destination: Endpoint, events: DatagramEvents) {
    this.#events = events;
    const isIpv4 = typeof destination.address === "number";
    const socket = dgram.createSocket(isIpv4 ? "udp4" : "udp6");
    this.#socket = socket;
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (!this.#isOpen) return;
      events.failed(error.code);
      if (this.#waiting !== undefined) events.broken();
    });
    socket.on("message", (bytes, sender) => {
      // Between its binding and its connection anyone can send to the socket.
      const from = isIpv4 ? parseIpv4(sender.address) : parseIpv6(sender.address);
      if (sender.port === destination.port && from === destination.address) events.answered(bytes);
    });
    socket.on("connect", () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const bytes of waiting) this.#send(bytes, true);
    });
    socket.connect(destination.port, formatAddress(destination.address));
  }

  /** Sends a copy. */
  send(bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    if (this.#waiting === undefined) this.#send(copy, true);
    else if (this.#waiting.length < WAITING_LIMIT) this.#waiting.push(copy);
  }

  close(): void {
    this.#isOpen = false;
    this.#socket.close();
  }

  /** A send that fails may tell of a datagram before it, which is heard then, and has sent nothing itself: once more. */
  #send(bytes: Buffer, again: boolean): void {
    if (!this.#isOpen || this.#socket.getSendQueueSize() > QUEUE_LIMIT) return;
    this.#socket.send(bytes, (error: NodeJS.ErrnoException | null) => {
      if (error === null || !again || !this.#isOpen) return;
      this.#events.failed(error.code);
      this.#send(bytes, false);
    });
  }
}
