// Answers WebSockets as the path says, and tells at /log what it saw.
const log: string[] = [];

const cases: Record<string, (socket: WebSocket) => void> = {
  "/echo": (socket) => socket.addEventListener("message", ({ data }) => socket.send(data)),
  "/kinds": (socket) => {
    socket.onmessage = ({ data }) =>
      socket.send(`${Object.prototype.toString.call(data)} ${socket.readyState}`);
  },
  "/large": (socket) => {
    socket.send("x".repeat(300_000));
    log.push(`buffered ${socket.bufferedAmount > 0}`);
    socket.close(4001, "that was all");
    log.push(`state ${socket.readyState}`);
  },
  "/throws": (socket) =>
    socket.addEventListener("message", () => {
      throw new Error("in a listener");
    }),
};

export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/log") return Response.json(log.splice(0));
    const [theirs, ours] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    if (pathname !== "/unaccepted") ours.accept();
    cases[pathname]?.(ours);
    ours.addEventListener("error", (event) => log.push(`error ${(event as ErrorEvent).message}`));
    ours.addEventListener("close", ({ code, reason, wasClean }) =>
      log.push(`close ${code} ${reason} ${wasClean}`),
    );
    return new Response(null, {
      status: 101,
      webSocket: theirs,
      headers: { "sec-websocket-protocol": "chat" },
    });
  },
};
