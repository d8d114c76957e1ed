/** Makes ready everything of the client that needs no network: tables, pools, scratch memory. */
import { startBodyStates } from "../body-state";
import { startCharacters } from "../characters";
import { startScratch } from "../scratch";
import { startAttempts } from "./attempts";
import { startConnections } from "./connection";
import { startExchanges } from "./exchange";
import { clientOwner, timersOfConnections, timersOfExchanges } from "./owner";

export function startClient(): void {
  startCharacters();
  startBodyStates();
  startScratch();
  startConnections(timersOfConnections());
  startExchanges(timersOfExchanges());
  startAttempts(clientOwner());
}
