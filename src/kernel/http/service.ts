/**
 * The `http` service: its start and the calls of `src/abi/services.ts`. The only file here that knows TCP.
 */
import { Status } from "../../abi/status";
import { listen as listenTcp } from "../net/tcp/streams";
import { httpOwner } from "./owner";
import { startServer } from "./server";

export { begin, end, abort, read, respond, write } from "./exchange";
export { bodySize, header, headers, method, methodName, remote, target } from "./request";

const LAST_PORT: i32 = 65535;

export function start(): void {
  startServer();
}

export function listen(port: i32): i32 {
  if (port < 1 || port > LAST_PORT) return Status.Invalid;
  return listenTcp(<u16>port, httpOwner()) ? Status.Ok : Status.Full;
}
