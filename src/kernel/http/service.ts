/**
 * The `http` service: its start and the calls of `src/abi/services.ts`. The only file here that knows TCP.
 */
import { Status } from "../../abi/status";
import { APP_COMPARTMENT } from "../../abi/entry";
import { isIsolated, running } from "../app/compartments";
import { adoptListener, listensTo, listen as listenTcp, orphanListeners } from "../net/tcp/streams";
import { httpOwner } from "./owner";
import { loseApp, regainApp } from "./successor";
import { startServer } from "./server";

export { begin, end, abort, read, respond, write } from "./exchange";
export { bodySize, header, headers, method, methodName, remote, target } from "./request";

const LAST_PORT: i32 = 65535;

export function start(): void {
  startServer();
}

/** The app is gone. Its ports stay open: who asks meanwhile waits for the next app to listen. */
export function release(who: u32): void {
  if (!isIsolated()) orphanListeners(httpOwner());
  loseApp(who);
}

export function listen(port: i32): i32 {
  if (port < 1 || port > LAST_PORT) return Status.Invalid;
  // Of many, the first one opens ports, and the others answer there.
  if (isIsolated() && running != APP_COMPARTMENT)
    return listensTo(<u16>port, httpOwner()) ? Status.Ok : Status.Refused;
  const owner = httpOwner();
  const known = isIsolated() && listensTo(<u16>port, owner);
  const open = known || adoptListener(<u16>port, owner) || listenTcp(<u16>port, owner);
  if (!open) return Status.Full;
  regainApp();
  return Status.Ok;
}
