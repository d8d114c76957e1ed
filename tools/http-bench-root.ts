/** The kernel side of `http-bench.ts`: the server over a stream whose functions are the test's. */
import { streamRoot } from "./stream-bench-root.ts";

export const ROOT = `
import { httpOwner as streamOwner } from "./owner";
import { startServer } from "./server";
import { connectionsInUse } from "./connections";
import { startWebSockets } from "./websocket/protocol";
import { socketsInUse } from "./websocket/socket";
import { longHeadsInUse } from "./head-buffer";
import { startCompartments } from "../app/compartments";
import { startRenewals } from "../app/renew";
import { startByTenant } from "./by-tenant";
${streamRoot("..")}
export function start(chunks: u32): usize {
  startChunks(chunks); startServer(); startWebSockets(); startTurn(); return reserve(1 << 20);
}
function releaseNothing(_who: u32): void {}
/** Of an image whose field "x-tenant" says whose compartment a request is for. */
export function startTenants(count: u32): void {
  startCompartments(count); startRenewals(0, releaseNothing); startByTenant("x-tenant");
}
export function opened(handle: usize): usize { return streamOwner().opened(provider, handle); }
export { startApp } from "../app/enter";
export { loseApp, regainApp } from "./successor";
export { connectionsInUse, longHeadsInUse };
export { begin as http_begin, end as http_end, abort as http_abort, read as http_read } from "./exchange";
export { respond as http_respond, write as http_write } from "./exchange";
export { bodySize as http_bodySize, header as http_header, headers as http_headers } from "./request";
export { method as http_method, methodName as http_methodName, target as http_target } from "./request";
export { remote as http_remote } from "./request";
export { abort as websocket_abort, accept as websocket_accept, close as websocket_close } from "./websocket/calls";
export { kind as websocket_kind, read as websocket_read, reason as websocket_reason } from "./websocket/calls";
export { dropSockets, heed as websocket_heed, poll, send as websocket_send } from "./websocket/calls";
export { checkUtf8 } from "./websocket/utf8";
export { digest } from "./websocket/sha1";
export { socketsInUse };
`;
