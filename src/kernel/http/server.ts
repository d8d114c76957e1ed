/** Makes ready everything that needs no network: tables, pools, scratch memory. */
import { startBodyStates } from "./body-state";
import { startCharacters } from "./characters";
import { startConnections } from "./connection";
import { startResponses } from "./response";
import { startStatusLines } from "./status-line";

export function startServer(): void {
  startCharacters();
  startBodyStates();
  startStatusLines();
  startResponses();
  startConnections();
}
