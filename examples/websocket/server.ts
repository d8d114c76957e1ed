// A room: what one says, all hear. Try it from a browser's console:
//
//   socket = new WebSocket("ws://127.0.0.1:8080/"); socket.onmessage = ({ data }) => console.log(data);
//   socket.send("hello");
const members = new Set<WebSocket>();

function join(socket: WebSocket): void {
  socket.accept();
  members.add(socket);
  socket.addEventListener("message", ({ data }) => {
    for (const member of members) member.send(data);
  });
  socket.addEventListener("close", () => void members.delete(socket));
}

export default {
  fetch(request: Request): Response {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response(`${members.size} in the room; come by WebSocket\n`);
    }
    const [theirs, ours] = Object.values(new WebSocketPair());
    join(ours!);
    return new Response(null, { status: 101, webSocket: theirs });
  },
};
