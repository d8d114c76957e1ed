/**
 * A WebSocket server for tests of clients, after RFC 6455 and by its path: it echoes, chooses protocols, breaks the
 * handshake or the framing. What is not masked it refuses, as a server must.
 */
import http from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { acceptanceOf, close, FINAL, frame } from "../../tools/websocket-peer.ts";
import { join } from "../../tools/latin.ts";

export interface Heard {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  /** `opcode:payload` of each frame; `unmasked` for one that is none of a client's. */
  readonly frames: string[];
  ended: boolean;
}

export interface SocketServer {
  /** What a guest behind a gateway calls it. */
  readonly url: string;
  readonly grant: string;
  /** Of each connection. */
  readonly heard: Heard[];
  close(): Promise<void>;
}

const MASKED = 0x80;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

type Said = readonly Uint8Array[];
const bare = (first: number, payload: string | Uint8Array = ""): Uint8Array => frame(first, payload, false);
const bareClose = (code: number, reason = ""): Uint8Array =>
  bare(FINAL | CLOSE, join([Uint8Array.of(code >> 8, code & 255), Buffer.from(reason)]));

/** What is said at once, in one segment with the answer's head. */
const GREETINGS: Readonly<Record<string, Said>> = {
  "/greets": [bare(FINAL | PING, "there?"), bare(FINAL | 1, "hello")],
  "/bye": [bareClose(4001, "good bye")],
  "/masks": [close(1000)],
  "/large": [bare(2, "x".repeat(70_000)), bare(FINAL, "y".repeat(70_000)), bareClose(1000)],
  "/huge": [frame(FINAL | 2, "x".repeat(1_100_000), false)],
  "/garbage": [Uint8Array.of(0xff, 0xff)],
  "/not-utf8": [bare(FINAL | 1, "\xff")],
};

function answerOf(path: string, headers: http.IncomingHttpHeaders): string {
  const fields = [
    "HTTP/1.1 101 Switching Protocols",
    path === "/no-upgrade" ? "Upgrade: h2c" : "Upgrade: WebSocket",
    path === "/no-connection" ? "Connection: keep-alive" : "Connection: keep-alive, Upgrade",
    `Sec-WebSocket-Accept: ${acceptanceOf(path === "/wrong-key" ? "x" : headers["sec-websocket-key"]!)}`,
  ];
  const asked = headers["sec-websocket-protocol"]?.split(", ").at(-1);
  if (asked !== undefined && path !== "/no-protocol") fields.push(`Sec-WebSocket-Protocol: ${asked}`);
  if (path === "/other-protocol") fields.push("Sec-WebSocket-Protocol: unheard");
  if (path === "/extension") fields.push("Sec-WebSocket-Extensions: permessage-deflate");
  return `${fields.join("\r\n")}\r\n\r\n`;
}

/** The frames that are whole, and what is left of the bytes. */
function takeFrames(bytes: Buffer): {
  frames: { first: number; payload: Buffer; masked: boolean }[];
  rest: Buffer;
} {
  const frames: { first: number; payload: Buffer; masked: boolean }[] = [];
  for (;;) {
    if (bytes.length < 2) return { frames, rest: bytes };
    const short = bytes[1]! & 127;
    const masked = (bytes[1]! & MASKED) !== 0;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const header = 2 + lengthBytes + (masked ? 4 : 0);
    if (bytes.length < header) return { frames, rest: bytes };
    const length =
      short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < header + length) return { frames, rest: bytes };
    const key = bytes.subarray(header - 4, header);
    const payload = Buffer.from(bytes.subarray(header, header + length));
    if (masked) for (let at = 0; at < length; at++) payload[at]! ^= key[at & 3]!;
    frames.push({ first: bytes[0]!, payload, masked });
    bytes = bytes.subarray(header + length);
  }
}

function serve(socket: Duplex, heard: Heard): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("close", () => (heard.ended = true));
  socket.on("data", (bytes: Buffer) => {
    const taken = takeFrames(Buffer.concat([rest, bytes]));
    ({ rest } = taken);
    for (const { first, payload, masked } of taken.frames) {
      const opcode = first & 15;
      heard.frames.push(masked ? `${opcode}:${payload.toString("latin1")}` : "unmasked");
      if (opcode === PONG) continue;
      if (opcode === PING) socket.write(bare(FINAL | PONG, payload));
      else socket.write(bare(first, payload));
      if (opcode === CLOSE) socket.end();
    }
  });
}

export async function startSocketServer(): Promise<SocketServer> {
  const heard: Heard[] = [];
  const open = new Set<Duplex>();
  const server = http.createServer((_, response) => void response.writeHead(404).end("no WebSocket here"));
  server.on("upgrade", (request, socket: Duplex) => {
    const path = request.url!.split("?")[0]!;
    open.add(socket);
    socket.on("error", () => undefined);
    if (path === "/silent") return;
    if (path === "/refused") return void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    if (path === "/cut") return void socket.destroy();
    const one: Heard = { path, headers: request.headers, frames: [], ended: false };
    heard.push(one);
    socket.write(join([Buffer.from(answerOf(path, request.headers)), ...(GREETINGS[path] ?? [])]));
    serve(socket, one);
    if (path === "/drops") setTimeout(() => socket.destroy(), 20);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://10.0.2.2:${port}`,
    grant: `127.0.0.1:${port}`,
    heard,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
