import test from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import { buffer as readAll } from "node:stream/consumers";
import { UserError } from "../image/user-error.ts";
import { CloseReason } from "../abi/status.ts";
import { parseIpv4 } from "./address.ts";
import { Gateway } from "./gateway.ts";
import { parseGrant } from "./grant.ts";
import { patternBytes } from "./test-guest.ts";
import { forwardTo, joined, settled } from "./test-joined.ts";

const ECHO = 7;
const SINK = 9;
const FIRST = 13;
const SOURCE = 19;
const REFUSED = 1;
const GATEWAY = parseIpv4("10.0.2.2")!;

const refusal = (protocol: string, port: number) =>
  `outbound ${protocol}:127.0.0.1:${port} refused: no grant covers it (--allow ${protocol}:127.0.0.1:${port})`;

test("a host port leads to the guest, and what the guest answers comes back", async () => {
  const { port, stop } = await joined({ forwards: [forwardTo(ECHO)] });
  const socket = net.connect(port(), "127.0.0.1");
  socket.end("hello");
  assert.equal((await readAll(socket)).toString(), "hello");
  stop();
});

test("a hundred connections at once do not mix", async () => {
  const { port, stop, gateway } = await joined({ forwards: [forwardTo(ECHO)] });
  const talk = async (index: number) => {
    const sent = patternBytes(index * 100, 20_000 + index);
    const socket = net.connect(port(), "127.0.0.1");
    socket.end(sent);
    assert.ok((await readAll(socket)).equals(sent), `connection ${index}`);
  };
  await Promise.all(Array.from({ length: 100 }, (_, index) => talk(index)));
  await settled(() => gateway.counts.streams === 0 && gateway.counts.blocks === 0);
  stop();
});

test("after the client's end the guest can still answer", async () => {
  const { port, stop } = await joined({ forwards: [forwardTo(SINK)] });
  const socket = net.connect({ port: port(), host: "127.0.0.1", allowHalfOpen: true });
  socket.end(patternBytes(0, 300_000));
  const answer = await readAll(socket);
  assert.deepEqual([answer.readUInt32LE(0), answer.readUInt32LE(4)], [300_000, 0]);
  stop();
});

test("after the guest's end the client can still send", async () => {
  const { port, stop, guest } = await joined({ forwards: [forwardTo(FIRST)] });
  const socket = net.connect({ port: port(), host: "127.0.0.1", allowHalfOpen: true });
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.equal(answer.toString(), "bye");
  await once(socket, "end");
  socket.end(patternBytes(0, 100_000));
  assert.equal((await guest.told("firstFinished")).a, 100_000);
  stop();
});

test("a port that the guest refuses resets the client", async () => {
  const { port, stop } = await joined({ forwards: [forwardTo(REFUSED)] });
  const socket = net.connect(port(), "127.0.0.1");
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNRESET");
  stop();
});

test("whether a port is listened to can be asked, and the guest's program hears of nothing", async () => {
  const { stop, guest, gateway } = await joined({});
  assert.equal(await gateway.answers(SINK), true);
  assert.equal(await gateway.answers(REFUSED), false);
  await settled(() => gateway.counts.streams === 0 && guest.chunksInUse === 0);
  assert.deepEqual(guest.events, []);
  stop();
});

test("a client that vanishes resets the guest's stream, and nothing is left of it", async () => {
  const { port, stop, guest, gateway } = await joined({ forwards: [forwardTo(SOURCE)] });
  const socket = net.connect(port(), "127.0.0.1");
  socket.write(Uint8Array.of(0, 0, 0, 16)); // 256 MiB
  await once(socket, "data");
  socket.resetAndDestroy();
  assert.equal((await guest.told("closed")).a, CloseReason.Reset);
  await settled(() => gateway.counts.streams === 0 && gateway.counts.blocks === 0);
  await settled(() => guest.chunksInUse === 0 && gateway.counts.chunks === 0);
  stop();
});

test("a host port in use is the user's to mend, with the option to change", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const hostPort = (server.address() as net.AddressInfo).port;
  await assert.rejects(joined({ forwards: [{ ...forwardTo(80), hostPort }] }), (error) => {
    return error instanceof UserError && error.code === "port-in-use" && /-p \d+:80/.test(error.hint ?? "");
  });
  server.close();
});

test("a host address that is none, or a name that nobody has, is the user's to mend", async () => {
  for (const hostAddress of ["192.0.2.1", "no-such-host.invalid"]) {
    await assert.rejects(joined({ forwards: [{ ...forwardTo(80), hostAddress }] }), (error) => {
      return error instanceof UserError && error.code === "no-such-address";
    });
  }
});

test("the guest reaches a host's server only where a grant covers it", async () => {
  const server = net
    .createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
    .listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;

  const refusedBy = await joined({});
  const refused = refusedBy.guest.dial(GATEWAY, port);
  assert.equal((await refusedBy.guest.told("closed", refused)).a, CloseReason.Refused);
  const again = refusedBy.guest.dial(GATEWAY, port);
  await refusedBy.guest.told("closed", again);
  assert.deepEqual(refusedBy.reports, [refusal("tcp", port)]);
  assert.equal(refusedBy.gateway.counts.refusals.get(`tcp:127.0.0.1:${port}`), 2);
  refusedBy.stop();

  const granted = await joined({ outbound: [parseGrant(`127.0.0.1:${port}`)] });
  const dialled = granted.guest.dial(GATEWAY, port);
  await granted.guest.told("connected", dialled);
  granted.guest.write(dialled, Buffer.from("out and back"));
  granted.guest.shutdown(dialled);
  assert.equal((await granted.guest.told("received", dialled)).bytes.toString(), "out and back");
  await granted.guest.told("finished", dialled);
  assert.equal((await granted.guest.told("closed", dialled)).a, CloseReason.Finished);
  granted.stop();
  server.close();
});

test("a granted destination where nobody listens refuses the guest's stream", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  const { guest, stop } = await joined({ outbound: [parseGrant(`127.0.0.1:${port}`)] });
  const dialled = guest.dial(GATEWAY, port);
  assert.equal((await guest.told("closed", dialled)).a, CloseReason.Refused);
  assert.ok(!guest.events.some(({ kind }) => kind === "connected"));
  stop();
});

test("a gateway that has not started can be stopped", () => {
  new Gateway({ device: { receive: () => undefined, send: () => true, onArrival: () => {} } }).stop();
});
