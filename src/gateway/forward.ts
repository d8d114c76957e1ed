/**
 * Host ports that lead to guest ports: every client becomes a stream to the guest.
 *
 * A client that comes before the guest answers waits; one that the guest refuses is reset.
 *
 * Tests: gateway.test.ts
 */
import net from "node:net";
import { escapeControls } from "../image/escape-controls.ts";
import { UserError } from "../image/user-error.ts";
import type { Blocks } from "./blocks.ts";
import type { Protocol } from "./grant.ts";
import { findPortHolder, type PortHolder } from "./port-holder.ts";
import { Splice } from "./splice.ts";
import type { Endpoint, Stack } from "./stack.ts";
import type { Turns } from "./turns.ts";

export interface Forward {
  readonly protocol: Protocol;
  readonly hostAddress: string;
  /** 0: any that is free. */
  readonly hostPort: number;
  readonly guestPort: number;
}

export class TcpForward {
  readonly #server: net.Server;
  readonly #clients = new Set<net.Socket>();

  constructor(stack: Stack, guest: Endpoint, turns: Turns, blocks: Blocks) {
    this.#server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      this.#clients.add(socket);
      socket.on("close", () => this.#clients.delete(socket));
      const splice = new Splice(socket, turns, blocks);
      const stream = stack.connect(guest, splice);
      if (stream === undefined) socket.resetAndDestroy();
      else splice.attach(stream);
    });
  }

  /** Starts to listen: the port. Throws `UserError` where the host does not let it. */
  async listen(forward: Forward): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      // After the start an error concerns one client (no more descriptors), and others go on.
      this.#server.on("error", (error) => reject(explainListenError(error, forward)));
      this.#server.listen({ host: forward.hostAddress, port: forward.hostPort }, resolve);
    });
    return (this.#server.address() as net.AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#clients) socket.destroy();
  }
}

/** What a failed listen or bind means to the user, by the system's code: our code and words. */
const LISTEN_ERRORS: Readonly<Record<string, readonly [code: string, problem: string]>> = {
  EADDRINUSE: ["port-in-use", "it is in use by another program"],
  EACCES: ["port-not-permitted", "this user may not listen there"],
  EADDRNOTAVAIL: ["no-such-address", "that is not an address of this machine"],
  EAFNOSUPPORT: ["no-such-address", "this machine has no addresses of that kind"],
  ENOTFOUND: ["no-such-address", "there is no such name"],
  EAI_AGAIN: ["no-such-address", "that name cannot be looked up"],
};

/** First port that every user may listen on, and how far a lower one is moved up: 80 becomes 8080. */
const FIRST_USER_PORT = 1024;
const USER_PORT_OFFSET = 8000;

function heldBy({ name, pid }: PortHolder): string {
  if (pid === process.pid) return "this process listens there already";
  return `it is in use by another program: ${escapeControls(name)}, process ${pid}`;
}

/** A `UserError` for what the user can mend; other errors stay as they are. */
export function explainListenError(
  error: NodeJS.ErrnoException,
  forward: Pick<Forward, "hostAddress" | "hostPort" | "guestPort">,
): Error {
  const { hostAddress, hostPort, guestPort } = forward;
  const known = LISTEN_ERRORS[error.code ?? ""];
  if (known === undefined) return error;
  const moved = hostPort < FIRST_USER_PORT ? hostPort + USER_PORT_OFFSET : hostPort + 1;
  const [code, problem] = known;
  const holder = code === "port-in-use" ? findPortHolder(hostPort) : undefined;
  return new UserError(
    code,
    `cannot listen on ${hostAddress}:${hostPort}: ${holder === undefined ? problem : heldBy(holder)}`,
    code === "no-such-address"
      ? "use 127.0.0.1, or 0.0.0.0 for all addresses"
      : `choose another host port, for example -p ${Math.min(moved, 65535)}:${guestPort}`,
  );
}
