/**
 * From an app that went down to the next one: open requests are answered for it, later ones wait.
 *
 * A waiting request stays with the provider, unparsed: its connection has time for it as for any head.
 *
 * Tests: src/targets/node/restart.test.ts
 */
import { isIsolated } from "../app/compartments";
import { Phase } from "./connection";
import { enter, leave, livingConnection, placesUsed } from "./connections";
import { failRequest, resumeInput } from "./conversation";
import { startListening, stopListening } from "./listening";
import { Verdict } from "./verdict";

/** Of a compartment: answers 500 where nothing was said yet; a response that had begun is cut off. */
export function loseApp(who: u32): void {
  if (!isIsolated()) stopListening();
  for (let place: u32 = 0; place < placesUsed(); place++) {
    const connection = livingConnection(place);
    if (connection == null || connection.request == 0 || connection.compartment != who) continue;
    enter(connection);
    failRequest(connection, Verdict.InternalError);
    leave(connection);
  }
}

/** The app listens: whoever waited is heard. */
export function regainApp(): void {
  if (startListening()) resumeHeads();
}

/** There is a compartment for a request: whoever waited for one is heard. */
export function resumeHeads(): void {
  for (let place: u32 = 0; place < placesUsed(); place++) {
    const connection = livingConnection(place);
    if (connection != null && connection.phase == Phase.Head) resumeInput(connection);
  }
}
