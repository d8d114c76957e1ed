/** `createWebSocketStream` of the package `ws`: a WebSocket's messages as a stream of bytes, both ways at the peer's pace. */
import { Duplex } from "../stream.ts";
import type { WebSocket } from "./socket.ts";

type Next = (error?: Error | null) => void;

export function createWebSocketStream(socket: WebSocket, options?: object): InstanceType<typeof Duplex> {
  const whenOpen = (work: () => void) => {
    if (socket.readyState === socket.CONNECTING) socket.once("open", work);
    else work();
  };
  const stream = new Duplex({
    ...options,
    objectMode: false,
    writableObjectMode: false,
    read() {
      if (socket.isPaused) socket.resume();
    },
    write(piece: Uint8Array, _encoding: string, next: Next) {
      whenOpen(() => socket.send(piece, next as (error?: Error) => void));
    },
    final(next: Next) {
      whenOpen(() => {
        socket.close();
        next();
      });
    },
    destroy(error: Error | null, next: Next) {
      socket.terminate();
      next(error);
    },
  });
  socket.on("message", (data) => {
    if (!stream.push(data)) socket.pause();
  });
  socket.once("error", (error) => void stream.destroy(error as Error));
  socket.once("close", () => void stream.push(null));
  return stream;
}
