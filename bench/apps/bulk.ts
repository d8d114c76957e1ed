// Much data, either way: port 9 takes whatever comes (RFC 863), port 19 sends without end (RFC 864).
import { listen, read, shutdown, write } from "skerry/native/tcp";

const PIECE: u32 = 65536;
const bytes: usize = memory.data(65536, 16);
let discard: i32 = 0;

export function start(): void {
  discard = listen(9);
  listen(19);
}

export function tcpAccepted(listener: i32, connection: i32): void {
  if (listener != discard) tcpWritable(connection);
}

export function tcpReadable(connection: i32, _b: i32): void {
  while (read(connection, bytes, PIECE) > 0) {}
}

export function tcpWritable(connection: i32): void {
  while (write(connection, bytes, PIECE) == PIECE) {}
}

export function tcpFinished(connection: i32, _b: i32): void {
  shutdown(connection);
}

export function tcpConnected(_connection: i32): void {}
export function tcpClosed(_connection: i32, _reason: i32): void {}
