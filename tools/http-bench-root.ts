/** The kernel side of `http-bench.ts`: the server over a stream whose functions are the test's. */
export const ROOT = `
import { StreamProvider } from "../stream/stream";
import { CloseReason } from "../../abi/status";
import { copyIn } from "../cpu/compartment";
import { startChunks, chunksInUse } from "../memory/chunk";
import { reserve } from "../memory/arena";
import { startTurn, now } from "../time/clock";
import { expire } from "../time/wheel";
import { httpOwner } from "./owner";
import { startServer } from "./server";
import { connectionsInUse } from "./connections";
import { startWebSockets } from "./websocket/protocol";
import { socketsInUse } from "./websocket/socket";
import { longHeadsInUse } from "./head-buffer";
const bounce: usize = memory.data(8192, 16);
declare function space(handle: usize): u32;
declare function write(handle: usize, pointer: usize, length: u32): u32;
declare function resume(handle: usize): void;
declare function shutdown(handle: usize): void;
declare function abort(handle: usize): void;
declare function remote(handle: usize, pointer: usize): void;
class Provider extends StreamProvider {
  space(handle: usize): u32 { return space(handle); }
  write(handle: usize, pointer: usize, length: u32): u32 { return write(handle, pointer, length); }
  writeFromApp(handle: usize, appPointer: usize, length: u32): u32 {
    let taken: u32 = 0;
    while (taken < length) {
      const part = min<u32>(length - taken, 8192);
      copyIn(bounce, appPointer + taken, part);
      const count = write(handle, bounce, part);
      taken += count;
      if (count < part) break;
    }
    return taken;
  }
  resume(handle: usize): void { resume(handle); }
  shutdown(handle: usize): void { shutdown(handle); }
  abort(handle: usize): void { abort(handle); }
  remote(handle: usize, pointer: usize): void { remote(handle, pointer); }
}
const provider = new Provider();
export function start(chunks: u32): usize { startChunks(chunks); startServer(); startWebSockets(); startTurn(); return reserve(1 << 20); }
export function opened(handle: usize): usize { return httpOwner().opened(provider, handle); }
export function received(user: usize, pointer: usize, length: u32): u32 {
  return httpOwner().received(user, pointer, length);
}
export function writable(user: usize): void { httpOwner().writable(user); }
export function finished(user: usize): void { httpOwner().finished(user); }
export function closed(user: usize, reason: i32): void { httpOwner().closed(user, reason); }
export function turn(): void { startTurn(); expire(now()); }
export { startApp } from "../app/enter";
export { loseApp, regainApp } from "./successor";
export { chunksInUse, connectionsInUse, longHeadsInUse };
export { begin as http_begin, end as http_end, abort as http_abort, read as http_read } from "./exchange";
export { respond as http_respond, write as http_write } from "./exchange";
export { bodySize as http_bodySize, header as http_header, headers as http_headers } from "./request";
export { method as http_method, methodName as http_methodName, target as http_target } from "./request";
export { remote as http_remote } from "./request";
export { abort as websocket_abort, accept as websocket_accept, close as websocket_close } from "./websocket/calls";
export { kind as websocket_kind, read as websocket_read, reason as websocket_reason } from "./websocket/calls";
export { dropSockets, poll, send as websocket_send } from "./websocket/calls";
export { checkUtf8 } from "./websocket/utf8";
export { digest } from "./websocket/sha1";
export { socketsInUse };
`;
