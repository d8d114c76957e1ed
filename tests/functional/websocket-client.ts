/** A WebSocket client of a few lines: frames as they are, so that a test sees and sends any. */
import net from "node:net";
import { once } from "node:events";
import { framesOf, HANDSHAKE } from "../../tools/websocket-peer.ts";

const WAIT_LIMIT_MS = 60_000;

export class WebSocketClient {
  /** The server's answer to the handshake. */
  answer = "";
  readonly #socket: net.Socket;
  #received = Buffer.alloc(0);
  #ended = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => (this.#received = Buffer.concat([this.#received, bytes])));
    socket.on("close", () => (this.#ended = true));
    socket.on("error", () => (this.#ended = true));
  }

  static async open(url: string, handshake = HANDSHAKE): Promise<WebSocketClient> {
    const { hostname, port, host } = new URL(url);
    const socket = net.connect(Number(port), hostname);
    await once(socket, "connect");
    const client = new WebSocketClient(socket);
    socket.write(handshake.replace("Host: a", `Host: ${host}`));
    await client.#until(() => client.#received.includes("\r\n\r\n"));
    const end = client.#received.indexOf("\r\n\r\n") + 4;
    client.answer = client.#received.subarray(0, end).toString();
    client.#received = client.#received.subarray(end);
    return client;
  }

  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.#socket.write(frame);
  }

  /** The next frames, as `framesOf` names them. */
  async next(count: number): Promise<string[]> {
    let frames: string[] = [];
    await this.#until(() => (frames = this.#whole()).length >= count);
    this.#received = Buffer.alloc(0);
    return frames;
  }

  /** The frames that are complete; none where the last is not. */
  #whole(): string[] {
    const bytes = this.#received;
    for (let at = 0; at < bytes.length;) {
      if (at + 2 > bytes.length) return [];
      const short = bytes[at + 1]!;
      const header = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (at + header > bytes.length) return [];
      const length =
        short === 126
          ? bytes.readUInt16BE(at + 2)
          : short === 127
            ? Number(bytes.readBigUInt64BE(at + 2))
            : short;
      at += header + length;
      if (at > bytes.length) return [];
    }
    return framesOf(bytes.toString("latin1"));
  }

  async ended(): Promise<void> {
    await this.#until(() => this.#ended);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #until(condition: () => boolean): Promise<void> {
    const limit = Date.now() + WAIT_LIMIT_MS;
    while (!condition()) {
      if (Date.now() > limit)
        throw new Error(`nothing more came; so far ${this.#received.toString("latin1")}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
