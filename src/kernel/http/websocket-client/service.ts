/** The `upgrade` service: exchanges of the HTTP client that become WebSockets. See `src/abi/services.ts`. */
import { setSwitching } from "../client/switching";
import { WebSocketSwitching } from "./handshake";

export { adopt } from "./adoption";

export function start(): void {
  setSwitching(new WebSocketSwitching());
}
