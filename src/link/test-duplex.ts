/** Byte streams with two ends in this process, for tests. */
import { Duplex } from "node:stream";
import net from "node:net";
import { once } from "node:events";

/** In memory; what is written to one arrives at the other at once. */
export function duplexPair(): readonly [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const end = (other: number): Duplex =>
    new Duplex({
      read() {},
      write(bytes: Uint8Array, _encoding, done) {
        ends[other]!.push(Uint8Array.from(bytes)); // the writer's again once it is called back
        done();
      },
      final(done) {
        ends[other]!.push(null);
        done();
      },
    });
  ends.push(end(1), end(0));
  return [ends[0]!, ends[1]!];
}

/** Through the system, with its buffers. */
export async function socketPair(): Promise<readonly [net.Socket, net.Socket]> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  const [far] = (await once(server, "connection")) as [net.Socket];
  server.close();
  return [near, far];
}
