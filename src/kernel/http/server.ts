/** Makes ready everything that needs no network: tables, pools, scratch memory. */
import { startBodyStates } from "./body-state";
import { startCharacters } from "./characters";
import { startConnections } from "./connections";
import { startHeadBuffers } from "./head-buffer";
import { startResponses } from "./response";
import { startStatusLines } from "./status-line";

export function startServer(): void {
  startCharacters();
  startBodyStates();
  startStatusLines();
  startResponses();
  startHeadBuffers();
  startConnections();
}
