// A server that does to itself what its request asks for, and counts the requests that it has seen.
import { log } from "skerry/native/console";
import { listen, respond, target } from "skerry/native/http";

const path = new StaticArray<u8>(64);
let seen: i32 = 0;

export function start(): void {
  listen(80);
  log("here");
}

export function httpRequest(request: i32): void {
  seen++;
  target(request, changetype<usize>(path), 64);
  // The second character: /trap, /loop, /deep, /memory.
  const wish = path[1];
  if (wish == 0x74) unreachable();
  if (wish == 0x6c) loop();
  if (wish == 0x64) seen += deep(1);
  if (wish == 0x6d) fill();
  const body = String.UTF8.encode(seen.toString());
  respond(request, 200, 0, 0, changetype<usize>(body), body.byteLength);
}

function loop(): void {
  for (;;) seen++;
}

function deep(depth: i32): i32 {
  return depth ^ deep(depth + seen);
}

/** All that there is, then more. */
function fill(): void {
  while (memory.grow(16) != -1) {}
  for (let at: usize = 65536; at < (<usize>memory.size()) << 16; at += 4096) store<u8>(at, 1);
  unreachable();
}
