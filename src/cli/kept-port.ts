/**
 * A port that stays open while machines come and go behind it: a client that comes between two of them waits.
 *
 * Tests: kept-port.test.ts
 */
import net from "node:net";
import { explainListenError } from "../gateway/forward.ts";
import type { Forward } from "../targets/target.ts";

export class KeptPort {
  readonly #server: net.Server;
  readonly #waiting = new Set<net.Socket>();
  readonly #open = new Set<net.Socket>();
  /** Where the machine of the moment listens. */
  #target: { readonly host: string; readonly port: number } | undefined;

  private constructor(server: net.Server) {
    this.#server = server;
    server.on("connection", (client: net.Socket) => this.#accept(client));
  }

  /** Throws a `UserError` where this computer does not let it listen. */
  static async listen(forward: Forward): Promise<KeptPort> {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(explainListenError(error, forward)));
      server.listen({ host: forward.hostAddress, port: forward.hostPort }, resolve);
    });
    return new KeptPort(server);
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** From now on clients come to this machine; those who waited, too. */
  leadTo(port: number): void {
    this.#target = { host: "127.0.0.1", port };
    for (const client of this.#waiting) this.#join(client, this.#target);
    this.#waiting.clear();
  }

  /** There is no machine: clients wait. */
  hold(): void {
    this.#target = undefined;
  }

  close(): void {
    this.#server.close();
    for (const socket of [...this.#waiting, ...this.#open]) socket.destroy();
  }

  #accept(client: net.Socket): void {
    client.on("error", () => {});
    client.setNoDelay(true);
    if (this.#target !== undefined) {
      this.#join(client, this.#target);
      return;
    }
    this.#waiting.add(client);
    client.once("close", () => this.#waiting.delete(client));
  }

  #join(client: net.Socket, target: { readonly host: string; readonly port: number }): void {
    if (client.destroyed) return;
    const machine = net.connect({ ...target, allowHalfOpen: true, noDelay: true });
    machine.on("error", () => client.destroy());
    for (const [socket, other] of [
      [client, machine],
      [machine, client],
    ] as const) {
      this.#open.add(socket);
      socket.once("close", () => {
        this.#open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
