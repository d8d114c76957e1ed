/**
 * The local port of an outgoing connection: drawn at random (RFC 6056 3.3.2), tried until none has the same flow.
 */
import { randomU32 } from "../../entropy/random";
import { Flow } from "../layer";
import { DYNAMIC_PORTS, FIRST_DYNAMIC_PORT, PORT_ATTEMPTS } from "./limits";
import { findConnection } from "./table";

/** Sets `flow.localPort`. False: no free one was found. */
export function drawPort(flow: Flow): bool {
  for (let attempt: u32 = 0; attempt < PORT_ATTEMPTS; attempt++) {
    flow.localPort = <u16>(FIRST_DYNAMIC_PORT + (randomU32() & (DYNAMIC_PORTS - 1)));
    if (findConnection(flow) == null) return true;
  }
  return false;
}
