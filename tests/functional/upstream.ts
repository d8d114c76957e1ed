/** A server on the host that apps under test ask: it answers as its path says. */
import http from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

export interface Upstream {
  /** What a guest behind a gateway calls it. */
  readonly url: string;
  /** The grant that lets it go there. */
  readonly grant: string;
  /** Connections taken so far. */
  connections(): number;
  close(): void;
}

const LARGE = 1_000_000;

async function echo(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const { method, url, headers } = request;
  const body = Buffer.concat(pieces).toString();
  response.setHeader("content-type", "application/json").end(JSON.stringify({ method, url, headers, body }));
}

const PATHS: Readonly<
  Record<string, (request: http.IncomingMessage, response: http.ServerResponse) => void>
> = {
  "/echo": (request, response) => void echo(request, response),
  "/items": ({ url }, response) => void response.end(JSON.stringify({ name: url!.split("/")[2] })),
  "/redirect": ({ url }, response) =>
    void response.writeHead(Number(url!.split("/")[2]), { location: "/echo" }).end("moved"),
  "/loop": (_, response) => void response.writeHead(302, { location: "/loop" }).end(),
  "/garbage": (_, response) => void response.socket!.end("HTTP/1.1 2x0 OK\r\n\r\n"),
  "/cut": (_, response) => {
    response.writeHead(200, { "content-length": 10 }).write("half");
    setTimeout(() => response.socket!.destroy(), 50);
  },
  "/silent": () => undefined,
  "/trickle": (_, response) => void response.write("a"),
  "/large": (_, response) =>
    void response.writeHead(200, { "content-length": LARGE }).end(Buffer.alloc(LARGE, "x")),
};

/** `six`: on the host's IPv6 loopback. */
export async function startUpstream(six = false): Promise<Upstream> {
  let connections = 0;
  const server = http.createServer((request, response) => {
    const answer = PATHS[`/${request.url!.split(/[/?]/)[1]}`];
    if (answer === undefined) response.writeHead(404).end("nothing here");
    else answer(request, response);
  });
  server.on("connection", () => connections++);
  server.listen(0, six ? "::1" : "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: six ? `http://[fd53:4b00::2]:${port}` : `http://10.0.2.2:${port}`,
    grant: six ? `[::1]:${port}` : `127.0.0.1:${port}`,
    connections: () => connections,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
