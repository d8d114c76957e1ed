/**
 * What the rest of the runtime has of WebSockets. An image whose app never says the word has `no-websockets.ts` in this
 * file's place (`src/image/runtime-script.ts`).
 */
import { finishExchange } from "./exchange.ts";
import { defineGlobals } from "./globals.ts";
import type { Machine } from "./machine-calls.ts";
import { numberOf, type Request } from "./request.ts";
import { Channel, hasWebSockets, sockets } from "./socket-channel.ts";
import { askedFor } from "./websocket-client.ts";
import { answerWithSocket, WebSocket, WebSocketPair } from "./websocket.ts";

export { answerWithSocket, hasWebSockets, sockets };

export function defineWebSockets(): void {
  defineGlobals({ WebSocket, WebSocketPair });
}

/** For Node's modules. */
export const socketCalls: Pick<Machine, "acceptSocket" | "connectSocket"> = {
  acceptSocket(request, fields, limit, owner) {
    const id = numberOf(request as Request);
    const channel = new Channel(owner);
    const status = channel.accept(id, fields, limit);
    if (status < 0) return status;
    finishExchange(id);
    return channel;
  },

  connectSocket(url, init, limit, owner) {
    const channel = new Channel(owner);
    return { channel, opened: channel.connect(askedFor(url, init), limit) };
  },
};
