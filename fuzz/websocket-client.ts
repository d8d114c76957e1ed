/**
 * What a server that is not to be trusted says to a client of WebSockets: the answer to the handshake and frames behind it,
 * cut anywhere. The client must not trap, must give everything back, and must come to the same as if all bytes had come at
 * once.
 *
 * An input's first byte says where it begins: with frames, behind an answer that is right, or with the answer. `@` in an
 * answer is the proof that the client's key asks for.
 */
import assert from "node:assert/strict";
import { SocketBench } from "../tools/socket-bench.ts";
import { acceptanceOf, FINAL, frame } from "../tools/websocket-peer.ts";
import { bytesOf, join } from "../tools/latin.ts";
import { randomFrom, type FuzzTarget } from "./target.ts";

const ANSWER =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: @\r\n\r\n";
const PROOF = "@".charCodeAt(0);
const BEGINS_WITH_FRAMES = 0;
const BEGINS_WITH_ANSWER = 1;

let bench: SocketBench | undefined;

/** What the app was told. */
function outcome(client: SocketBench, [kind = 0, ...rest]: Uint8Array, size: () => number): string {
  const said: string[] = [];
  client.app = {
    head: (id) => {
      const socket = client.kernel["adopt"](id, 5000) as number;
      if (socket >= 0) return;
      said.push("no socket");
      client.abort(id);
    },
    failed: () => void said.push(client.entered.at(-1)!.split(" ")[2]!),
  };
  client.ask();
  const { server } = client;
  const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(server.take())![1]!;
  const proof = bytesOf(acceptanceOf(key));
  const answer = kind % 2 === BEGINS_WITH_FRAMES ? bytesOf(ANSWER) : new Uint8Array(0);
  const whole = join([answer, Uint8Array.from(rest)]);
  const at = whole.indexOf(PROOF);
  const bytes = at < 0 ? whole : join([whole.slice(0, at), proof, whole.slice(at + 1)]);
  for (let from = 0; from < bytes.length;) {
    const count = size();
    server.send(bytes.subarray(from, from + count));
    from += count;
  }
  server.finish();
  if (!server.closed) server.close();
  client.settle();
  const result = [...said, ...client.heard].join(" | ");
  client.forget();
  client.servers.length = 0;
  client.entered.length = 0;
  assert.deepEqual(client.inUse(), { chunks: 0, connections: 0, exchanges: 0 });
  assert.deepEqual(client.sockets(), { sockets: 0, connections: 0 });
  return result;
}

async function run(input: Uint8Array): Promise<void> {
  const client = (bench ??= await SocketBench.start());
  client.closesAtOnce = false;
  client.longestOffer = 1 << 20;
  const whole = outcome(client, input, () => 1 << 20);
  const random = randomFrom(input.reduce((sum, byte) => Math.imul(sum, 31) + byte, input.length));
  client.closesAtOnce = random(2) === 0;
  client.longestOffer = 1 + random(300);
  assert.equal(
    outcome(client, input, () => 1 + random(random(2) === 0 ? 8 : 200)),
    whole,
  );
}

const frames = (...all: readonly Uint8Array[]): Uint8Array =>
  join([Uint8Array.of(BEGINS_WITH_FRAMES), ...all]);
const answered = (text: string, ...all: readonly Uint8Array[]): Uint8Array =>
  join([Uint8Array.of(BEGINS_WITH_ANSWER), bytesOf(text), ...all]);
const [TEXT, BYTES, CLOSE, PING, PONG] = [1, 2, 8, 9, 10];
const bare = (first: number, payload = ""): Uint8Array => frame(first, payload, false);

export const target: FuzzTarget = {
  name: "websocket-client",
  corpus: [
    frames(bare(FINAL | TEXT, "hello"), bare(FINAL | PING, "there?"), bare(FINAL | CLOSE, "\x03\xe8bye")),
    frames(bare(BYTES, "in "), bare(FINAL | PONG), bare(0, "three "), bare(FINAL, "parts")),
    frames(bare(FINAL | BYTES, "x".repeat(130)), frame(FINAL | TEXT, "masked")),
    frames(bare(FINAL | TEXT, "\xc3\xa9"), bare(FINAL | TEXT, "\xff"), bare(FINAL | CLOSE)),
    answered(ANSWER, bare(FINAL | TEXT, "at once")),
    answered(ANSWER.replace("Upgrade\r\nSec", "keep-alive, Upgrade\r\nSec-WebSocket-Protocol: chat\r\nSec")),
    answered(ANSWER.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")),
    answered("HTTP/1.1 100 Continue\r\n\r\n" + ANSWER),
    answered("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
  ],
  run,
};
