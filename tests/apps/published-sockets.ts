// The package ws beside Express: several servers behind one `upgrade`, and what a client and its end look like.
import { createServer } from "node:http";
import { Duplex } from "node:stream";
import express from "express";
import WebSocket, { createWebSocketStream, WebSocketServer } from "ws";
import type { IncomingMessage } from "node:http";

const log: string[] = [];
const app = express();
app.get("/", (request, response) => response.send("hello from Express\n"));
app.get("/log", (request, response) => response.json(log.splice(0)));
const server = createServer(app);

const echo = new WebSocketServer({ noServer: true, maxPayload: 4_000_000 });
echo.on("connection", (socket: WebSocket, request: IncomingMessage) => {
  log.push(`open ${request.url} ${request.headers["x-who"]} ${socket.readyState === WebSocket.OPEN}`);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on("ping", (data) => log.push(`ping ${data}`));
  socket.on("close", (code, reason) => log.push(`close ${code} ${reason.toString()}`));
  socket.on("error", (error: Error & { code?: string }) => log.push(`error ${error.code} ${error.message}`));
});

const room = new WebSocketServer({ noServer: true });
room.on("connection", (socket, request) => {
  socket.on("message", (data) => {
    for (const client of room.clients)
      if (client.readyState === WebSocket.OPEN)
        client.send(`${request.socket.remoteAddress !== undefined} ${data}`);
  });
});

const alive = new WebSocketServer({ noServer: true });
alive.on("connection", (socket) => {
  socket.on("pong", (data) => socket.send(`pong ${data}`));
  socket.ping("are you there?");
});

const guarded = new WebSocketServer({
  noServer: true,
  verifyClient: ({ origin, req }, verdict) => {
    setTimeout(
      () => verdict(req.url!.endsWith("?token=1"), 403, `not from ${origin}`, { "X-Why": "token" }),
      1,
    );
  },
  handleProtocols: (protocols) => (protocols.has("v2") ? "v2" : false),
});
guarded.on("headers", (headers) => headers.push("X-Server: ours"));
guarded.on("connection", (socket) => socket.send(`you speak ${socket.protocol}`));

const limited = new WebSocketServer({ noServer: true, maxPayload: 1000 });
limited.on("connection", (socket) => {
  socket.on("error", (error: Error & { code?: string }) => log.push(`error ${error.code} ${error.message}`));
  socket.on("close", (code) => log.push(`close ${code} ${limited.clients.size}`));
});

const ends = new WebSocketServer({ noServer: true });
ends.on("connection", (socket, { url }) => {
  socket.on("close", (code) => log.push(`close ${code} ${socket.readyState}`));
  if (url!.endsWith("terminate")) {
    socket.on("message", () => socket.terminate());
  } else {
    socket.close(4001, "go away");
    socket.send("too late", (error) => log.push(error!.message));
  }
});

const streams = new WebSocketServer({ noServer: true });
streams.on("connection", (socket) => {
  const stream: Duplex = createWebSocketStream(socket, { encoding: "utf8" });
  stream.on("error", (error) => log.push(error.message));
  stream.on("data", (text: string) => stream.write(text.toUpperCase()));
});

/** Sends more than anybody takes, and says what became of it. */
const flood = new WebSocketServer({ noServer: true });
flood.on("connection", (socket) => {
  const piece = Buffer.alloc(1_000_000, 7);
  let sent = 0;
  for (let count = 0; count < 40; count++) {
    socket.send(piece, (error) => void (error === undefined || error === null ? sent++ : 0));
    if (count === 4) log.push(`buffered ${socket.bufferedAmount > 1_000_000} ${socket.readyState}`);
  }
  socket.on("error", (error) => log.push(`error ${error.message}`));
  socket.on("close", (code) => log.push(`close ${code} ${sent < 40}`));
});

/** Reads one message, and the next only when it is told to. */
const slow = new WebSocketServer({ noServer: true });
slow.on("connection", (socket) => {
  socket.on("message", (data: Buffer) => {
    socket.pause();
    log.push(`paused ${socket.isPaused} ${data.length}`);
    setTimeout(() => socket.resume(), 20);
  });
});

/** As in a browser. */
const web = new WebSocketServer({ noServer: true });
web.on("connection", (socket) => {
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data, type, target }) => {
    const what = data instanceof ArrayBuffer ? data.byteLength : data;
    socket.send(JSON.stringify([type, target === socket, what]));
  };
  socket.addEventListener("close", ({ code, reason, wasClean }) =>
    log.push(`close ${code} ${reason} ${wasClean}`),
  );
});

const servers: Record<string, WebSocketServer> = {
  echo,
  room,
  alive,
  guarded,
  limited,
  ends,
  streams,
  flood,
  slow,
  web,
};

server.on("upgrade", (request, socket, head) => {
  const [, name = ""] = /^\/(\w+)/.exec(request.url!) ?? [];
  const found = servers[name];
  if (name === "none") {
    socket.destroy();
  } else if (found === undefined) {
    socket.write("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\nno");
    socket.destroy();
  } else {
    found.handleUpgrade(request, socket, head, (client) => found.emit("connection", client, request));
  }
});

server.listen(3000);
