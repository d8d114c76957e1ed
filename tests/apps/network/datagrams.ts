// UDP: echo (7).
import { bind, receive, send } from "skerry/native/udp";

const SENDER: u32 = 18;
const ADDRESS: u32 = 16;
const PIECE: u32 = 2048;

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
    send(socket, sender, ADDRESS, port, piece, count);
  }
}
