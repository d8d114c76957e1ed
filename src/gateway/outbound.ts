/**
 * Streams that the guest asks for: joined to host sockets where a grant allows it, refused elsewhere.
 *
 * The gateway's own addresses stand for the host's loopback, as the guest cannot name that: `127.0.0.1:9000` opens
 * 10.0.2.2:9000, and so does a grant of that very address, but no wider one. So it is with `[::1]` and the gateway's
 * IPv6 address.
 * The guest is answered when the host's connection is open, and hears what the host has heard where it cannot be: a
 * reset, an error, or nothing.
 *
 * Tests: gateway.test.ts, unreachable.test.ts
 */
import net from "node:net";
import { Unreachable } from "../abi/unreachable.ts";
import { formatAddress, formatEnd, parseIpv4, parseIpv6, type Address } from "./address.ts";
import type { Blocks } from "./blocks.ts";
import type { Grants, Protocol } from "./grant.ts";
import { outcomeOf } from "./outcome.ts";
import { Splice } from "./splice.ts";
import type { Endpoint, Stack, Stream, StreamHandler } from "./stack.ts";
import type { Turns } from "./turns.ts";

const LOOPBACK = parseIpv4("127.0.0.1")!;
const LOOPBACK6 = parseIpv6("::1")!;

/** Destinations that are reported and counted by name; later ones are only refused. */
const REPORTED_LIMIT = 1024;
/**
 * Streams whose destination has said nothing yet, half of what TCP remembers. The one that has waited longest makes room:
 * a guest that asks silent machines, and gives up long before this host does, still reaches the others.
 */
const PENDING_LIMIT = 256;

/** Where the guest may go, and what became of its attempts to go elsewhere. */
export class Border {
  readonly #grants: Grants;
  readonly #guests: readonly Address[];
  /** The gateway's addresses, each with what it stands for. */
  readonly #loopbacks: ReadonlyMap<Address, Address>;
  readonly #report: (message: string) => void;
  /** How often each destination was refused, as `tcp:192.0.2.1:80`, each forged source, as `from 10.0.2.9`, and frame. */
  readonly refusals = new Map<string, number>();

  /** `guests` and `gateways`: IPv4's first, and IPv6's where the cable has that. */
  constructor(
    grants: Grants,
    guests: readonly Address[],
    gateways: readonly Address[],
    report: (message: string) => void,
  ) {
    this.#grants = grants;
    this.#guests = guests;
    this.#loopbacks = new Map(
      gateways.map((gateway) => [gateway, typeof gateway === "number" ? LOOPBACK : LOOPBACK6]),
    );
    this.#report = report;
  }

  /** The host's destination for the guest's one, or undefined where it may not go or `source` is not the guest. */
  cross(protocol: Protocol, source: Endpoint, destination: Endpoint): Endpoint | undefined {
    if (!this.#guests.includes(source.address)) {
      const forged = formatAddress(source.address);
      this.#refuse(`from ${forged}`, `outbound from ${forged} refused: the guest is ${this.#guestText()}`);
      return undefined;
    }
    const loopback = this.#loopbacks.get(destination.address);
    const address = loopback ?? destination.address;
    const { port } = destination;
    if (this.#grants.permits(protocol, address, port)) return { address, port };
    if (loopback !== undefined && this.#grants.names(protocol, destination.address, port))
      return { address, port };
    const name = `${protocol}:${formatEnd(address, port)}`;
    this.#refuse(name, `outbound ${name} refused: no grant covers it (--allow ${name})`);
    return undefined;
  }

  /** A frame was dropped that was not the guest's own (`frame-guard.ts`). */
  dropFrame(what: string): void {
    this.#refuse(`frame ${what}`, `frame dropped: ${what}; the guest is ${this.#guestText()}`);
  }

  #guestText(): string {
    return this.#guests.map(formatAddress).join(" and ");
  }

  #refuse(name: string, message: string): void {
    const count = this.refusals.get(name);
    if (count === undefined && this.refusals.size === REPORTED_LIMIT) return;
    this.refusals.set(name, (count ?? 0) + 1);
    if (count === undefined) this.#report(message);
  }
}

/** The host's sides of the streams that have crossed the border. */
export class Outbound {
  readonly #stack: Pick<Stack, "unreachable">;
  readonly #turns: Turns;
  readonly #blocks: Blocks;
  readonly #connect: typeof net.connect;
  readonly #sockets = new Set<net.Socket>();
  /** Those that are not connected, longest first, each with the stream that waits for it. */
  readonly #pending = new Map<net.Socket, Stream>();

  constructor(stack: Pick<Stack, "unreachable">, turns: Turns, blocks: Blocks, connect = net.connect) {
    this.#stack = stack;
    this.#turns = turns;
    this.#blocks = blocks;
    this.#connect = connect;
  }

  /** Connects `stream`, which the guest asked for with what `quotation` quotes, to `destination`, which is the host's. */
  open(stream: Stream, destination: Endpoint, quotation: Uint8Array): StreamHandler {
    const host = formatAddress(destination.address);
    const quoted = quotation.slice();
    if (this.#pending.size === PENDING_LIMIT) this.#forgetOldest();
    const socket = this.#connect({ host, port: destination.port, allowHalfOpen: true });
    this.#sockets.add(socket);
    this.#pending.set(socket, stream);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#pending.delete(socket);
    });
    const splice = new Splice(socket, this.#turns, this.#blocks);
    splice.attach(stream);
    const failed = (error: NodeJS.ErrnoException): void => this.#fail(stream, error.code, quoted);
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      this.#pending.delete(socket);
      stream.answer();
    });
    return splice;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Its stream ends at once, so that there is room for another; its socket's end comes later. */
  #forgetOldest(): void {
    const [socket, stream] = this.#pending.entries().next().value!;
    this.#pending.delete(socket);
    stream.abort();
    socket.destroy();
  }

  /** The host could not connect. Where there is nothing to say, the splice lets go of the stream without a word. */
  #fail(stream: Stream, code: string | undefined, quotation: Uint8Array): void {
    const outcome = outcomeOf(code);
    if (outcome === Unreachable.Port) stream.refuse();
    else if (outcome !== undefined) this.#stack.unreachable(outcome, quotation);
  }
}
