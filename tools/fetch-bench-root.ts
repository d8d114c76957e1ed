/** The kernel side of `fetch-bench.ts`: the client over streams, names and time that are the test's. */
export const ROOT = `
import { StreamOwner, StreamProvider } from "../../stream/stream";
import { copyIn } from "../../cpu/compartment";
import { startChunks, chunksInUse } from "../../memory/chunk";
import { reserve } from "../../memory/arena";
import { startTurn, now } from "../../time/clock";
import { expire } from "../../time/wheel";
import { startClient } from "./client";
import { Dialer, setDialer } from "./dialer";
import { clientOwner } from "./owner";
import { connectionsInUse } from "./connection";
import { exchangesInUse } from "./exchange";
const bounce: usize = memory.data(8192, 16);
declare function space(handle: usize): u32;
declare function write(handle: usize, pointer: usize, length: u32): u32;
declare function resume(handle: usize): void;
declare function shutdown(handle: usize): void;
declare function abort(handle: usize): void;
declare function remote(handle: usize, pointer: usize): void;
declare function isOnline(): bool;
declare function resolve(exchange: i32, host: usize, length: u32): i32;
declare function connect(address: usize, port: i32, user: usize): usize;
declare function wasDenied(): bool;
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
class TestDialer extends Dialer {
  isOnline(): bool { return isOnline(); }
  resolve(exchange: i32, host: usize, length: u32): i32 { return resolve(exchange, host, length); }
  wasDenied(): bool { return wasDenied(); }
  connect(address: usize, port: u16, _owner: StreamOwner, user: usize): usize { return connect(address, port, user); }
  provider(): StreamProvider { return provider; }
}
export function start(chunks: u32): usize {
  startChunks(chunks); startClient(); setDialer(new TestDialer()); startTurn(); return reserve(1 << 20);
}
export function connected(user: usize): void { clientOwner().connected(user); }
export function received(user: usize, pointer: usize, length: u32): u32 {
  return clientOwner().received(user, pointer, length);
}
export function writable(user: usize): void { clientOwner().writable(user); }
export function finished(user: usize): void { clientOwner().finished(user); }
export function closed(user: usize, reason: i32): void { clientOwner().closed(user, reason); }
export function turn(): void { startTurn(); expire(now()); }
export { addressesFound, nameFailed } from "./reach";
export { abort as fetch_abort, begin as fetch_begin, dropAll, end as fetch_end, head as fetch_head } from "./calls";
export { poll, read as fetch_read, remote as fetch_remote, write as fetch_write } from "./calls";
export { chunksInUse, connectionsInUse, exchangesInUse };
`;
