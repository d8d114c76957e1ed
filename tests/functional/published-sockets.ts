/** What a server made with the package `ws` has to answer, wherever it runs: asked by that package's own client. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import WebSocket from "ws";
import { close, FINAL, frame, HANDSHAKE, text } from "../../tools/websocket-peer.ts";
import { WebSocketClient } from "./websocket-client.ts";

const MIB = 1024 * 1024;

async function open(
  url: string,
  ...rest: [protocols?: string[], options?: WebSocket.ClientOptions]
): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http:", "ws:"), ...(rest as [string[]]));
  await once(socket, "open");
  return socket;
}

/** The next message, and whether it was binary. */
async function next(socket: WebSocket): Promise<[Buffer, boolean]> {
  return (await once(socket, "message")) as [Buffer, boolean];
}

/** The code and reason of its end, which may come as a reset. */
function closed(socket: WebSocket): Promise<[number, Buffer]> {
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.once("close", (code, reason) => resolve([code, reason])));
}

/** What the server noted, once one of its lines is such. */
async function noted(url: string, last: RegExp): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    lines.push(...((await (await fetch(`${url}/log`)).json()) as string[]));
    if (lines.some((line) => last.test(line))) return lines;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function echoes(url: string): Promise<void> {
  const socket = await open(`${url}/echo?a=1`, [], { headers: { "x-who": "us" } });
  assert.equal(socket.extensions, "", "compression is not taken");
  socket.send("wörter");
  const [data, isBinary] = await next(socket);
  assert.deepEqual([data.toString(), isBinary], ["wörter", false]);
  socket.send(Buffer.alloc(0));
  assert.deepEqual(await next(socket), [Buffer.alloc(0), true]);
  const large = Buffer.alloc(MIB, 5);
  large[MIB - 1] = 9;
  socket.send(large);
  assert.ok((await next(socket))[0].equals(large));
  socket.send("in ", { fin: false });
  socket.send("two ", { fin: false });
  socket.ping("between");
  socket.send("parts");
  assert.equal((await next(socket))[0].toString(), "in two parts");
  const pong = once(socket, "pong");
  socket.ping("now");
  assert.equal(String((await pong)[0]), "now");
  socket.close(3001, "enough");
  const [code, reason] = await closed(socket);
  assert.deepEqual([code, reason.toString()], [3001, ""]);
  assert.deepEqual(await noted(url, /^close/), [
    "open /echo?a=1 us true",
    "ping between",
    "ping now",
    "close 3001 enough",
  ]);
}

/** Each hears what each says. */
async function crowds(url: string, count: number): Promise<void> {
  const all = await Promise.all(Array.from({ length: count }, () => open(`${url}/room`)));
  const heard = all.map((socket) => next(socket));
  all[0]!.send("hello");
  for (const one of heard) assert.equal((await one)[0].toString(), "true hello");
  const left = all.map((socket) => closed(socket));
  for (const socket of all) socket.close();
  for (const [code] of await Promise.all(left)) assert.equal(code, 1005);
}

async function refuses(url: string): Promise<void> {
  const asked = async (path: string, init: RequestInit = {}): Promise<string> => {
    const socket = new WebSocket(
      url.replace("http:", "ws:") + path,
      ["v1", "v2"],
      init as WebSocket.ClientOptions,
    );
    const [error] = (await once(socket, "error")) as [Error];
    return error.message;
  };
  assert.equal(await asked("/other"), "Unexpected server response: 401");
  assert.match(await asked("/none"), /socket hang up|ECONNRESET/);
  assert.equal(await asked("/guarded?token=2"), "Unexpected server response: 403");
  const socket = new WebSocket(`${url.replace("http:", "ws:")}/guarded?token=1`, ["v1", "v2"]);
  const first = next(socket);
  const [{ headers }] = (await once(socket, "upgrade")) as [{ headers: Record<string, string> }];
  assert.equal(headers["x-server"], "ours");
  assert.equal((await first)[0].toString(), "you speak v2");
  socket.terminate();
  const bad = async (from: string | RegExp, to: string): Promise<string> => {
    const client = await WebSocketClient.open(url, HANDSHAKE.replace("/chat", "/echo").replace(from, to));
    client.destroy();
    return client.answer;
  };
  assert.match(
    await bad("Version: 13", "Version: 7"),
    /^HTTP\/1\.1 400 Bad Request\r\n.*sec-websocket-version: 13\r\n/is,
  );
  assert.match(await bad(/Key: .*/, "Key: short"), /^HTTP\/1\.1 400 /);
  assert.match(await bad("Upgrade: websocket", "Upgrade: h2c"), /^HTTP\/1\.1 400 /);
  assert.match(await bad("Key:", "Protocol: a, a\r\nSec-WebSocket-Key:"), /^HTTP\/1\.1 400 /);
  assert.match(await bad("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx"), /^HTTP\/1\.1 400 /);
  // Without `upgrade` it is a request as any other.
  assert.match(await bad("keep-alive, Upgrade", "keep-alive"), /^HTTP\/1\.1 404 /);
}

async function ends(url: string): Promise<void> {
  const closing = await open(`${url}/ends/close`);
  const [code, reason] = await closed(closing);
  assert.deepEqual([code, String(reason)], [4001, "go away"]);
  assert.deepEqual(await noted(url, /^close/), [
    "WebSocket is not open: readyState 2 (CLOSING)",
    "close 4001 3",
  ]);
  const ended = await open(`${url}/ends/terminate`);
  ended.send("now");
  assert.equal((await closed(ended))[0], 1006);
  assert.ok((await noted(url, /^close/)).includes("close 1006 3"));
  const gone = await open(`${url}/echo`);
  gone.terminate();
  assert.ok((await noted(url, /^close/)).includes("close 1006 "));
}

async function breaks(url: string): Promise<void> {
  const limited = await open(`${url}/limited`);
  limited.send("x".repeat(1001));
  assert.equal((await closed(limited))[0], 1009);
  assert.deepEqual(await noted(url, /^close/), [
    "error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH Max payload size exceeded",
    "close 1006 0",
  ]);
  for (const [bytes, told] of [
    [frame(FINAL | 1, "\xff"), "error WS_ERR_INVALID_UTF8 Invalid WebSocket frame: invalid UTF-8 sequence"],
    [frame(FINAL | 3, "a"), "error undefined Invalid WebSocket frame"],
  ] as const) {
    const client = await WebSocketClient.open(url, HANDSHAKE.replace("/chat", "/echo"));
    client.send(bytes);
    await client.ended();
    const lines = await noted(url, /^close/);
    assert.deepEqual(lines.slice(1), [told, "close 1006 "]);
    client.destroy();
  }
}

async function holdsBack(url: string): Promise<void> {
  // Nobody reads: what waits has a limit, and ends the connection.
  const { hostname, port } = new URL(url);
  const deaf = net.connect(Number(port), hostname).on("error", () => undefined);
  deaf.pause();
  deaf.write(HANDSHAKE.replace("/chat", "/flood"));
  const lines = await noted(url, /^close/);
  assert.deepEqual(lines, [
    "buffered true 1",
    "error The peer does not read, and more than 16 MiB wait for it",
    "close 1006 true",
  ]);
  deaf.destroy();
  // One that pauses gets all there is, one at a time.
  const slow = await open(`${url}/slow`);
  for (let size = 1; size <= 4; size++) slow.send(Buffer.alloc(size * 100_000));
  const left = closed(slow);
  slow.close(1000);
  assert.deepEqual(
    await noted(url, /400000/),
    [1, 2, 3, 4].map((size) => `paused true ${size * 100_000}`),
  );
  assert.equal((await left)[0], 1000);
}

/** Messages that are never complete: whoever began first gives way, and others are served. */
async function takesNoHoards(url: string): Promise<void> {
  const part = frame(2, Buffer.alloc(1_000_000));
  const clients: WebSocketClient[] = [];
  for (let count = 0; count < 20; count++) {
    const client = await WebSocketClient.open(url, HANDSHAKE.replace("/chat", "/echo"));
    client.send(part);
    clients.push(client);
  }
  assert.deepEqual(await clients[0]!.next(1), ["close 1013"]);
  const last = clients.at(-1)!;
  last.send(frame(FINAL, "end"));
  assert.match((await last.next(1))[0]!, /^2\+?:/);
  const other = await open(`${url}/room`);
  other.send("still there");
  assert.equal((await next(other))[0].toString(), "true still there");
  other.terminate();
  for (const client of clients) client.destroy();
  await noted(url, /^close/);
}

async function speaks(url: string): Promise<void> {
  const alive = new WebSocket(`${url.replace("http:", "ws:")}/alive`);
  assert.equal((await next(alive))[0].toString(), "pong are you there?");
  alive.terminate();
  const stream = await open(`${url}/streams`);
  stream.send("up");
  assert.equal((await next(stream))[0].toString(), "UP");
  stream.close();
  await closed(stream);
  const web = await open(`${url}/web`);
  web.send("text");
  assert.equal((await next(web))[0].toString(), '["message",true,"text"]');
  web.send(Buffer.alloc(7));
  assert.equal((await next(web))[0].toString(), '["message",true,7]');
  web.close(3000, "so long");
  assert.deepEqual(await noted(url, /^close/), ["close 3000 so long true"]);
}

/** Frames by hand: behind the handshake at once, and cut anywhere. */
async function takesAnyCut(url: string): Promise<void> {
  const client = await WebSocketClient.open(url, HANDSHAKE.replace("/chat", "/echo"));
  const bytes = Buffer.concat([
    text("one"),
    frame(2, "two "),
    frame(FINAL | 9, "p"),
    frame(FINAL, "three"),
    close(1000),
  ]);
  for (const byte of bytes) client.send(Uint8Array.of(byte));
  const frames = await client.next(4);
  assert.deepEqual(
    frames.filter((one) => one !== "10:p"),
    ["1:one", "2:two three", "close 1000"],
  );
  await client.ended();
  await noted(url, /^close 1000/);
}

export async function sockets(url: string): Promise<void> {
  assert.equal(await (await fetch(url)).text(), "hello from Express\n");
  await echoes(url);
  await takesAnyCut(url);
  await speaks(url);
  await refuses(url);
  await ends(url);
  await breaks(url);
  await crowds(url, 100);
  await holdsBack(url);
  await takesNoHoards(url);
  assert.equal(await (await fetch(url)).text(), "hello from Express\n");
}

/** The texts that come, as many as are asked for. */
function texts(socket: WebSocket): (count: number) => Promise<string[]> {
  const come: string[] = [];
  socket.on("message", (data, isBinary) =>
    come.push(isBinary ? `bytes ${(data as Buffer).length}` : String(data)),
  );
  return async (count) => {
    while (come.length < count) await once(socket, "message");
    return come.splice(0, count);
  };
}

/** Socket.IO's protocol, as its clients speak it: `4` a message of Engine.IO, `2` an event, `3` its acknowledgement. */
async function asSocket(socket: WebSocket, take: (count: number) => Promise<string[]>): Promise<void> {
  socket.send('420["say","wörter"]');
  assert.deepEqual((await take(2)).sort(), ['42["said","wörter"]', "430[6]"]);
  socket.send('451-1["bytes",{"_placeholder":true,"num":0}]');
  socket.send(Buffer.alloc(300_000, 7));
  assert.deepEqual(await take(2), ['461-1[true,{"_placeholder":true,"num":0}]', "bytes 300000"]);
}

export async function socketIo(url: string): Promise<void> {
  assert.equal(await (await fetch(url)).text(), "hello from Express\n");
  const address = `${url}/socket.io/?EIO=4&transport=`;
  const websocket = `${address.replace("http:", "ws:")}websocket`;
  const direct = new WebSocket(websocket);
  const take = texts(direct);
  assert.match((await take(1))[0]!, /^0\{"sid":"[\w-]{20}","upgrades":\[\]/);
  direct.send('40{"user":"ann"}');
  const [joined, hello] = await take(2);
  assert.match(joined!, /^40\{"sid":/);
  assert.equal(hello, '42["hello","ann","websocket"]');
  await asSocket(direct, take);
  direct.send("40/admin,");
  assert.match((await take(1))[0]!, /^40\/admin,\{"sid":/);
  assert.deepEqual(await take(1), ['42/admin,["welcome","/admin"]']);
  const refused = new WebSocket(websocket);
  const takeRefusal = texts(refused);
  await takeRefusal(1);
  refused.send('40{"user":"eve"}');
  assert.deepEqual(await takeRefusal(1), ['44{"message":"not you"}']);
  refused.terminate();
  // By polling first, and from there to a WebSocket.
  const polled = async (query: string, init?: RequestInit) =>
    (await fetch(`${address}polling${query}`, init)).text();
  const sid = (JSON.parse((await polled("")).slice(1)) as { sid: string }).sid;
  const say = (body: string) => polled(`&sid=${sid}`, { method: "POST", body });
  assert.equal(await say('40{"user":"bob"}'), "ok");
  assert.match(await polled(`&sid=${sid}`), /^40\{"sid":"[\w-]{20}"\}\x1e42\["hello","bob","polling"\]$/);
  assert.equal(await say('421["bytes","text"]\x1e420["say","both"]'), "ok");
  assert.deepEqual(await take(1), ['42["said","both"]']);
  assert.equal(await polled(`&sid=${sid}`), '431[false,"text"]\x1e42["said","both"]\x1e430[4]');
  const upgraded = new WebSocket(`${websocket}&sid=${sid}`);
  const takeMore = texts(upgraded);
  await once(upgraded, "open");
  const waiting = polled(`&sid=${sid}`);
  upgraded.send("2probe");
  assert.deepEqual(await takeMore(1), ["3probe"]);
  assert.equal(await waiting, "6");
  upgraded.send("5");
  await asSocket(upgraded, takeMore);
  const left = [closed(direct), closed(upgraded)];
  upgraded.send("41");
  upgraded.close();
  direct.close();
  await Promise.all(left);
  const wrong = await fetch(`${address}carrier-pigeon`);
  assert.deepEqual([wrong.status, await wrong.json()], [400, { code: 0, message: "Transport unknown" }]);
}
