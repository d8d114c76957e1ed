import test from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import { KeptPort } from "./kept-port.ts";

const ANY = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 };

async function speaker(word: string): Promise<net.Server> {
  const server = net.createServer((socket) => socket.end(word)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;

async function hear(port: number): Promise<string> {
  const socket = net.connect({ host: "127.0.0.1", port });
  let text = "";
  for await (const bytes of socket) text += String(bytes);
  return text;
}

test("who comes between two machines waits for the next, and nobody is refused", async () => {
  const kept = await KeptPort.listen(ANY);
  const [one, two] = [await speaker("one"), await speaker("two")];
  try {
    const early = hear(kept.port);
    kept.leadTo(portOf(one));
    assert.equal(await early, "one");
    assert.equal(await hear(kept.port), "one");
    kept.leadTo(portOf(two));
    one.close();
    assert.equal(await hear(kept.port), "two");
  } finally {
    kept.close();
    one.close();
    two.close();
  }
});

test("a port in use is refused with its holder, as far as that can be told", async () => {
  const holder = await speaker("mine");
  try {
    await assert.rejects(KeptPort.listen({ ...ANY, hostPort: portOf(holder) }), (error: Error) => {
      if (process.platform === "linux") assert.match(error.message, /this process listens there already$/);
      return true;
    });
  } finally {
    holder.close();
  }
});
