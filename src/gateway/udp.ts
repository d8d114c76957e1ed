/**
 * Datagrams both ways: host ports that lead to guest ports, and the guest's own where a grant allows them.
 *
 * UDP has no connections, so each pair of ends that talk has a session (`sessions.ts`), by what the guest sees: its
 * own port and the other end.
 *
 *   forward   client ── bound host socket ── [gateway address : session's port] ── guest
 *   outbound  guest ── [destination as the guest sees it] ── the session's host socket ── destination
 *
 * Tests: datagrams.test.ts
 */
import dgram from "node:dgram";
import { formatEnd, type Address } from "./address.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import { explainListenError, type Forward } from "./forward.ts";
import type { Border } from "./outbound.ts";
import { outcomeOf } from "./outcome.ts";
import { Sessions, type Session } from "./sessions.ts";
import type { Endpoint, Stack } from "./stack.ts";

const SWEEP_MS = 10_000;
/** Ports of forward sessions on the gateway: the dynamic range (RFC 6335 6). */
const FIRST_PORT = 49152;
const PORT_COUNT = 16384;

function sessionKey(guestPort: number, other: Endpoint): string {
  return `${guestPort} ${formatEnd(other.address, other.port)}`;
}

export class Datagrams {
  readonly #stack: Stack;
  readonly #border: Border;
  readonly #guest: Address;
  readonly #gateway: Address;
  readonly #guest6: Address | undefined;
  /** Apart, so that neither strangers nor the guest can crowd out the other's. */
  readonly #inbound = new Sessions();
  readonly #outbound = new Sessions();
  readonly #forwards: dgram.Socket[] = [];
  readonly #sweeper: NodeJS.Timeout;

  constructor(stack: Stack, border: Border, guest: Address, gateway: Address, guest6?: Address) {
    this.#stack = stack;
    this.#border = border;
    this.#guest = guest;
    this.#gateway = gateway;
    this.#guest6 = guest6;
    this.#sweeper = setInterval(() => {
      this.#inbound.sweep();
      this.#outbound.sweep();
    }, SWEEP_MS).unref();
  }

  /** Binds a host port and sends what comes there to the guest: the port. Throws `UserError`. */
  async forward(forward: Forward): Promise<number> {
    const socket = dgram.createSocket(forward.hostAddress.includes(":") ? "udp6" : "udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(explainListenError(error, forward));
      });
      socket.bind({ address: forward.hostAddress, port: forward.hostPort }, resolve);
    });
    // From here on an error concerns one datagram.
    socket.removeAllListeners("error").on("error", () => {});
    this.#forwards.push(socket);
    const clients = new Map<string, Endpoint>();
    const guest = { address: this.#guest, port: forward.guestPort };
    socket.on("message", (bytes, client) => {
      const name = `${client.address} ${client.port}`;
      let here = clients.get(name);
      if (here === undefined) {
        here = this.#admitClient(socket, guest.port, client, () => clients.delete(name));
        clients.set(name, here);
      }
      this.#inbound.use(sessionKey(guest.port, here));
      this.#stack.sendDatagram(here, guest, bytes);
    });
    return socket.address().port;
  }

  /** A datagram of the guest; `quotation` as in `Arrivals`. */
  receive(source: Endpoint, destination: Endpoint, bytes: Uint8Array, quotation: Uint8Array): void {
    const isGuest = source.address === this.#guest || source.address === this.#guest6;
    const key = sessionKey(source.port, destination);
    const session = isGuest ? (this.#inbound.use(key) ?? this.#outbound.use(key)) : undefined;
    (session ?? this.#openOutbound(source, destination))?.send(bytes, quotation);
  }

  stop(): void {
    clearInterval(this.#sweeper);
    this.#inbound.clear();
    this.#outbound.clear();
    for (const socket of this.#forwards) socket.close();
  }

  /** A session for a client of a forward: the gateway's end that the guest will answer to. */
  #admitClient(
    socket: dgram.Socket,
    guestPort: number,
    client: dgram.RemoteInfo,
    forget: () => void,
  ): Endpoint {
    const here = { address: this.#gateway, port: this.#freePort(guestPort) };
    this.#inbound.add(sessionKey(guestPort, here), {
      send: (bytes) => socket.send(Buffer.from(bytes), client.port, client.address),
      close: forget,
    });
    return here;
  }

  /** There are more ports than sessions, so this ends. */
  #freePort(guestPort: number): number {
    for (let port = Math.floor(Math.random() * PORT_COUNT); ; port = (port + 1) % PORT_COUNT) {
      const endpoint = { address: this.#gateway, port: FIRST_PORT + port };
      if (!this.#inbound.has(sessionKey(guestPort, endpoint))) return endpoint.port;
    }
  }

  #openOutbound(source: Endpoint, destination: Endpoint): Session | undefined {
    const outside = this.#border.cross("udp", source, destination);
    if (outside === undefined) return undefined;
    const key = sessionKey(source.port, destination);
    // Of the last datagram: an error does not say which one it is about.
    let quoted = new Uint8Array(0);
    const socket = new DatagramSocket(outside, {
      answered: (bytes) => {
        if (this.#outbound.use(key) !== undefined) this.#stack.sendDatagram(destination, source, bytes);
      },
      failed: (code) => {
        const outcome = outcomeOf(code);
        if (outcome !== undefined) this.#stack.unreachable(outcome, quoted);
      },
      broken: () => this.#outbound.drop(key),
    });
    const session: Session = {
      send: (bytes, quotation) => {
        quoted = quotation.slice();
        socket.send(bytes);
      },
      close: () => socket.close(),
    };
    this.#outbound.add(key, session);
    return session;
  }
}
