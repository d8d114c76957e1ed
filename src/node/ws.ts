/**
 * The package `ws`, in whose place this is in an image: WebSockets as most programs of Node's have them, on the kernel's
 * frames in place of a socket's bytes (`docs/decisions/0010-websockets.md`).
 */
import { absent } from "./absent.ts";
import { WebSocketServer } from "./ws/server.ts";
import { WebSocket } from "./ws/socket.ts";
import { createWebSocketStream } from "./ws/stream.ts";

/** Of its parts on which some look, what a frame is made by. */
export const { PerMessageDeflate, Receiver, Sender, extension, subprotocol } = absent(
  "ws",
  ["PerMessageDeflate", "Receiver", "Sender", "extension", "subprotocol"],
  "frames are the kernel's",
);

export { createWebSocketStream, WebSocket, WebSocketServer };
export default Object.assign(WebSocket, {
  PerMessageDeflate,
  Receiver,
  Sender,
  Server: WebSocketServer,
  WebSocket,
  WebSocketServer,
  createWebSocketStream,
});
