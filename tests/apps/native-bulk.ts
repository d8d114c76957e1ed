// Much data, either way: port 9 takes whatever comes (RFC 863), port 19 sends 16 MiB (after RFC 864).
import { listen, read, shutdown, write } from "skerry/native/tcp";
import { log } from "skerry/native/console";

const LENGTH: u32 = 16 << 20;
const PIECE: u32 = 65536;

const bytes: usize = memory.data(65536, 16);
const taken: usize = memory.data(65536, 16);
let discard: i32 = 0;
/** Of the one connection that is being sent to. */
let left: u32 = 0;

export function start(): void {
  discard = listen(9);
  listen(19);
  for (let at: usize = 0; at < PIECE; at++) store<u8>(bytes + at, <u8>(at % 251));
  log("here");
}

export function tcpAccepted(listener: i32, connection: i32): void {
  if (listener == discard) return;
  left = LENGTH;
  tcpWritable(connection);
}

export function tcpReadable(connection: i32, _b: i32): void {
  while (read(connection, taken, PIECE) > 0) {}
}

export function tcpWritable(connection: i32): void {
  while (left > 0) {
    const at = (LENGTH - left) % PIECE;
    const count = write(connection, bytes + at, min(left, PIECE - at));
    if (count <= 0) return;
    left -= <u32>count;
  }
  shutdown(connection);
}

export function tcpFinished(connection: i32, _b: i32): void {
  shutdown(connection);
}

export function tcpConnected(_connection: i32): void {}
export function tcpClosed(_connection: i32, _reason: i32): void {}
