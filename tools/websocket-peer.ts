/** A WebSocket client for tests over `http-bench.ts`, frame by frame, and an app that echoes: written after RFC 6455. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { HttpBench, Peer } from "./http-bench.ts";
import { type Bytes, bytesOf, join, textOf } from "./latin.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const MASK = [0x12, 0xab, 0x34, 0xcd];
export const FINAL = 0x80;
const END = -5;

export const HANDSHAKE = `GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`;

export function acceptanceOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** A frame as a client sends it. `first` is the opcode with its flags. */
export function frame(first: number, payload: Bytes = "", masked = true): Uint8Array {
  const bytes = bytesOf(payload);
  const { length } = bytes;
  const long =
    length < 126 ? [length] : length < 65536 ? [126, length >> 8, length & 255] : longLength(length);
  long[0]! |= masked ? 0x80 : 0;
  const content = masked ? bytes.map((byte, index) => byte ^ MASK[index & 3]!) : bytes;
  return join([Uint8Array.of(first, ...long, ...(masked ? MASK : [])), content]);
}

function longLength(length: number): number[] {
  return [127, 0, 0, 0, 0, (length >>> 24) & 255, (length >> 16) & 255, (length >> 8) & 255, length & 255];
}

export const text = (content: string): Uint8Array => frame(FINAL | 1, Buffer.from(content));
export const close = (code: number, reason = ""): Uint8Array =>
  frame(FINAL | 8, join([Uint8Array.of(code >> 8, code & 255), Buffer.from(reason)]));

/** The frames in what a server has sent, as `opcode[+]:payload`; a close frame as `close code reason`. */
export function framesOf(sent: string): string[] {
  const bytes = bytesOf(sent);
  const frames: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    let length = bytes[at + 1]!;
    assert.ok(length < 128, "a server masks nothing");
    at += 2;
    if (length === 126) {
      length = (bytes[at]! << 8) | bytes[at + 1]!;
      at += 2;
    } else if (length === 127) {
      length = Number(Buffer.from(bytes).readBigUInt64BE(at));
      at += 8;
    }
    const payload = textOf(bytes.subarray(at, at + length));
    at += length;
    const name = `${first & 15}${(first & FINAL) === 0 ? "+" : ""}`;
    frames.push(name === "8" ? closeText(payload) : `${name}:${payload}`);
  }
  return frames;
}

function closeText(payload: string): string {
  if (payload === "") return "close";
  return `close ${(payload.charCodeAt(0) << 8) | payload.charCodeAt(1)} ${payload.slice(2)}`.trimEnd();
}

/** An app that accepts every WebSocket and sends each message back; `closed` collects the codes that it is told. */
export function echo(bench: HttpBench, limit = 0): { closed: string[]; sockets: number[] } {
  const closed: string[] = [];
  const sockets: number[] = [];
  let pieces: Uint8Array[] = [];
  bench.app = {
    request: (id) => void sockets.push(bench.callWith("websocket_accept", [id], "", limit)),
    socketReadable(id) {
      for (;;) {
        const kind = bench.kernel.websocket_kind(id) as number;
        const got = bench.callFor("websocket_read", id, 1000);
        if (typeof got !== "number") pieces.push(got);
        else if (got !== END) return;
        else {
          bench.callWith("websocket_send", [id, FINAL | kind], join(pieces));
          pieces = [];
        }
      }
    },
    socketClosed(id, code) {
      const reason = bench.callFor("websocket_reason", id, 200);
      closed.push(`${code} ${typeof reason === "number" ? "" : Buffer.from(reason).toString()}`.trimEnd());
      pieces = [];
    },
  };
  return { closed, sockets };
}

/** A peer whose handshake is done. */
export function open(bench: HttpBench, room = Infinity): Peer {
  const peer = bench.connect(room).send(HANDSHAKE);
  const answer = peer.take();
  assert.match(answer, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.ok(answer.includes(`\r\nSec-WebSocket-Accept: ${acceptanceOf(KEY)}\r\n`));
  return peer;
}
