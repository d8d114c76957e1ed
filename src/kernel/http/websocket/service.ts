/** The `websocket` service: connections of the HTTP server that speak WebSocket. See `src/abi/services.ts`. */
import { dropSockets } from "./calls";
import { startWebSockets } from "./protocol";

export { abort, accept, close, heed, kind, poll, read, reason, send } from "./calls";

export function start(): void {
  startWebSockets();
}

export function release(who: u32): void {
  dropSockets(who);
}
