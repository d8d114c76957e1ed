/** The kernel side of `fetch-bench.ts`: the client over streams, names and time that are the test's. */
import { streamRoot } from "./stream-bench-root.ts";

export const ROOT = `
import { StreamOwner } from "../../stream/stream";
import { startClient } from "./client";
import { Dialer, setDialer } from "./dialer";
import { clientOwner as streamOwner } from "./owner";
import { connectionsInUse } from "./connection";
import { exchangesInUse } from "./exchange";
${streamRoot("../..")}
declare function isOnline(): bool;
declare function resolve(exchange: i32, host: usize, length: u32): i32;
declare function connect(address: usize, port: i32, user: usize): usize;
declare function wasDenied(): bool;
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
export function connected(user: usize): void { streamOwner().connected(user); }
export { addressesFound, nameFailed } from "./attempts";
export { abort as fetch_abort, begin as fetch_begin, dropAll, end as fetch_end, head as fetch_head } from "./calls";
export { poll, read as fetch_read, remote as fetch_remote, write as fetch_write } from "./calls";
export { connectionsInUse, exchangesInUse };
`;
