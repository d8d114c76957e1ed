// UDP: echo (7). What came in fragments is not sent back but told: length and sum.
import { bind, receive, send } from "skerry/native/udp";
import { crc32, report } from "./pattern";

const SENDER: u32 = 18;
const ADDRESS: u32 = 16;
const PIECE: u32 = 65536;
/** What is sent fits a frame, over IPv6 too. */
const LARGEST: i32 = 1452;

const sender = heap.alloc(SENDER);
const piece = heap.alloc(<usize>PIECE);
export let datagrams: u32 = 0;

export function listen(): void {
  bind(7);
}

export function udpReadable(socket: i32, _b: i32): void {
  for (;;) {
    const count = receive(socket, sender, SENDER, piece, PIECE);
    if (count < 0) return;
    datagrams++;
    const port = ((<i32>load<u8>(sender + ADDRESS)) << 8) | load<u8>(sender + ADDRESS + 1);
    if (count <= LARGEST) {
      send(socket, sender, ADDRESS, port, piece, count);
      continue;
    }
    const text = report(count, crc32(0, piece, count));
    send(socket, sender, ADDRESS, port, changetype<usize>(text), text.byteLength);
  }
}
