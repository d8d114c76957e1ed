import test from "node:test";
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import { UserError } from "../image/user-error.ts";
import { formatIpv4, parseIpv4 } from "./address.ts";
import { ResponseCode, TYPE_A } from "./dns-message.ts";
import { parseGrant } from "./grant.ts";
import type { Resolver } from "./names.ts";
import { SESSION_LIMIT } from "./sessions.ts";
import { forwardTo, joined, settled, type Joined } from "./test-joined.ts";

const ECHO = 7;
const DNS = 53;
const GATEWAY = parseIpv4("10.0.2.2")!;

const refusal = (protocol: string, port: number) =>
  `outbound ${protocol}:127.0.0.1:${port} refused: no grant covers it (--allow ${protocol}:127.0.0.1:${port})`;
const MESSAGE = Buffer.from("a datagram");

async function bound(onMessage?: (socket: dgram.Socket, bytes: Buffer, from: dgram.RemoteInfo) => void) {
  const socket = dgram.createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  if (onMessage !== undefined) socket.on("message", (bytes, from) => onMessage(socket, bytes, from));
  return socket;
}

test("datagrams to a host port reach the guest, and its answers the client they are for", async () => {
  const { port, stop } = await joined({ forwards: [forwardTo(ECHO, "udp")] });
  const clients = await Promise.all([bound(), bound(), bound()]);
  for (const [index, client] of clients.entries()) {
    for (const text of [`first of ${index}`, `second of ${index}`]) {
      client.send(text, port(), "127.0.0.1");
      const [answer] = (await once(client, "message")) as [Buffer];
      assert.equal(answer.toString(), text);
    }
  }
  for (const client of clients) client.close();
  stop();
});

test("a datagram port in use is the user's to mend", async () => {
  const other = await bound();
  const forward = { ...forwardTo(ECHO, "udp"), hostPort: other.address().port };
  await assert.rejects(joined({ forwards: [forward] }), (error) => {
    return error instanceof UserError && error.code === "port-in-use";
  });
  other.close();
});

test("the guest's datagrams leave only where a grant covers them", async () => {
  const asked: string[] = [];
  const server = await bound((socket, bytes, from) => {
    asked.push(bytes.toString());
    socket.send(`answer to ${bytes}`, from.port, from.address);
  });
  const { port } = server.address();

  const refused = await joined({ outbound: [parseGrant(`tcp:127.0.0.1:${port}`)] });
  refused.guest.ask(GATEWAY, port, MESSAGE);
  await settled(() => refused.reports.length > 0);
  assert.deepEqual(refused.reports, [refusal("udp", port)]);
  refused.stop();

  const granted = await joined({ outbound: [parseGrant(`udp:127.0.0.1:${port}`)] });
  granted.guest.ask(GATEWAY, port, MESSAGE);
  assert.equal((await granted.guest.told("answered", GATEWAY)).bytes.toString(), "answer to a datagram");
  assert.deepEqual(asked, ["a datagram"]);
  granted.stop();
  server.close();
});

test("only the destination may answer", async () => {
  let seen: dgram.RemoteInfo | undefined;
  const server = await bound((_socket, _bytes, from) => {
    seen = from;
  });
  const stranger = await bound();
  const { port } = server.address();
  const { guest, stop } = await joined({ outbound: [parseGrant(`127.0.0.1:${port}`)] });
  guest.ask(GATEWAY, port, MESSAGE);
  await settled(() => seen !== undefined);
  await new Promise((resolve) => stranger.send("forged", seen!.port, "127.0.0.1", resolve));
  server.send("true", seen!.port, "127.0.0.1");
  assert.equal((await guest.told("answered")).bytes.toString(), "true");
  stop();
  server.close();
  stranger.close();
});

test("strangers at a published port cannot end the guest's own conversations, nor it theirs", async () => {
  let asked: dgram.RemoteInfo | undefined;
  const server = await bound((_socket, _bytes, from) => {
    asked = from;
  });
  const { port: destination } = server.address();
  const { guest, port, stop } = await joined({
    forwards: [forwardTo(ECHO, "udp")],
    outbound: [parseGrant(`127.0.0.1:${destination}`)],
  });
  guest.ask(GATEWAY, destination, MESSAGE);
  await settled(() => asked !== undefined);
  const strangers = new Set<number>();
  while (strangers.size <= SESSION_LIMIT) {
    const stranger = await bound();
    strangers.add(stranger.address().port);
    stranger.send("x", port(), "127.0.0.1");
    await once(stranger, "message");
    stranger.close();
  }
  server.send("still here", asked!.port, "127.0.0.1");
  const answers = () => guest.events.filter(({ kind }) => kind === "answered").map(({ bytes }) => `${bytes}`);
  await settled(() => answers().length > 0).finally(() => {
    server.close();
    stop();
  });
  assert.deepEqual(answers(), ["still here"]);
});

test("a guest without an address is leased one, and is reached at it", async () => {
  const { guest, port, stop } = await joined({ forwards: [forwardTo(ECHO, "udp")] }, "");
  await settled(() => guest.address !== 0);
  assert.equal(formatIpv4(guest.address), "10.0.2.15");
  const client = await bound();
  client.send(MESSAGE, port(), "127.0.0.1");
  const [answer] = (await once(client, "message")) as [Buffer];
  assert.ok(answer.equals(MESSAGE));
  client.close();
  stop();
});

const resolver: Resolver = { resolve4: async () => [{ address: "192.0.2.33", ttl: 60 }] };

function query(name: string): Buffer {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.of(0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, TYPE_A, 0, 1);
}

/** Response code and last address of an answer. */
function read(answer: Buffer): [code: number, address: string] {
  return [answer[3]! & 15, formatIpv4(answer.readUInt32BE(answer.length - 4))];
}

const granting = (): Promise<Joined> => joined({ outbound: [parseGrant("api.example.com:443")], resolver });

test("the gateway answers for granted names, and refuses others", async () => {
  const { guest, stop } = await granting();
  guest.ask(GATEWAY, DNS, query("api.example.com"));
  assert.deepEqual(read((await guest.told("answered", GATEWAY)).bytes), [ResponseCode.Ok, "192.0.2.33"]);
  guest.events.length = 0;
  guest.ask(GATEWAY, DNS, query("other.example.com"));
  assert.equal(read((await guest.told("answered", GATEWAY)).bytes)[0], ResponseCode.Refused);
  stop();
});

test("names are answered over a stream as well, one after the other", async () => {
  const { guest, stop } = await granting();
  const stream = guest.dial(GATEWAY, DNS);
  await guest.told("connected", stream);
  const message = query("api.example.com");
  const framed = Buffer.concat([Buffer.of(0, message.length), message]);
  guest.write(stream, Buffer.concat([framed, framed]));
  guest.shutdown(stream);
  await guest.told("finished", stream);
  const answers = Buffer.concat(
    guest.events.filter((event) => event.kind === "received").map((event) => event.bytes),
  );
  const first = answers.readUInt16BE(0);
  assert.deepEqual(read(answers.subarray(2, 2 + first)), [ResponseCode.Ok, "192.0.2.33"]);
  assert.equal(answers.length, 2 * (2 + first));
  stop();
});
