/** Makes ready everything that needs no network: tables, pools, scratch memory. */
import { startBodyStates } from "./body-state";
import { startCharacters } from "./characters";
import { startFields } from "./fields";
import { startConnections } from "./connections";
import { startHeadBuffers } from "./head-buffer";
import { startResponses } from "./response";
import { startScratch } from "./scratch";
import { startStatusLines } from "./status-line";

export function startServer(): void {
  startCharacters();
  startFields();
  startBodyStates();
  startStatusLines();
  startScratch();
  startResponses();
  startHeadBuffers();
  startConnections();
}
