/**
 * Streams that the guest opens: joined to host sockets where a grant allows it, refused with a reset elsewhere.
 *
 * The gateway's own address stands for the host's loopback, as the guest cannot name that; grants are checked
 * after this translation, so `127.0.0.1:9000` is what opens 10.0.2.2:9000.
 * The stack has accepted the stream before the host's connection is open: where the host cannot connect, the
 * guest sees an open stream reset, not a refused one.
 *
 * Tests: gateway.test.ts
 */
import net from "node:net";
import { formatIpv4, parseIpv4 } from "./address.ts";
import type { Blocks } from "./blocks.ts";
import type { Grants, Protocol } from "./grant.ts";
import { Splice } from "./splice.ts";
import type { Endpoint, Stream, StreamHandler } from "./stack.ts";
import type { Turns } from "./turns.ts";

const LOOPBACK = parseIpv4("127.0.0.1")!;

/** Destinations that are reported and counted by name; later ones are only refused. */
const REPORTED_LIMIT = 1024;

/** Where the guest may go, and what became of its attempts to go elsewhere. */
export class Border {
  readonly #grants: Grants;
  readonly #guest: number;
  readonly #gateway: number;
  readonly #report: (message: string) => void;
  /** How often each destination was refused, as `tcp 192.0.2.1:80`. */
  readonly refusals = new Map<string, number>();

  constructor(grants: Grants, guest: number, gateway: number, report: (message: string) => void) {
    this.#grants = grants;
    this.#guest = guest;
    this.#gateway = gateway;
    this.#report = report;
  }

  /** The host's destination for the guest's one, or undefined where it may not go or `source` is not the guest. */
  cross(protocol: Protocol, source: Endpoint, destination: Endpoint): Endpoint | undefined {
    const address = destination.address === this.#gateway ? LOOPBACK : destination.address;
    const { port } = destination;
    if (source.address === this.#guest && this.#grants.permits(protocol, address, port))
      return { address, port };
    this.#refuse(`${protocol} ${formatIpv4(address)}:${port}`);
    return undefined;
  }

  #refuse(name: string): void {
    const count = this.refusals.get(name);
    if (count === undefined && this.refusals.size === REPORTED_LIMIT) return;
    this.refusals.set(name, (count ?? 0) + 1);
    if (count === undefined) this.#report(`outbound ${name} refused: no grant covers it`);
  }
}

/** Opens the host's side of a stream that has crossed the border. */
export function openOutbound(
  stream: Stream,
  destination: Endpoint,
  turns: Turns,
  blocks: Blocks,
): StreamHandler {
  const socket = net.connect({
    host: formatIpv4(destination.address),
    port: destination.port,
    allowHalfOpen: true,
  });
  const splice = new Splice(socket, turns, blocks);
  splice.attach(stream);
  socket.once("connect", () => splice.connected());
  return splice;
}
