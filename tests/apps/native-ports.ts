// Opens one TCP port and one UDP port, and answers what comes to either.
import * as http from "skerry/native/http";
import * as udp from "skerry/native/udp";

const hello = new http.StaticResponse(200, "", "hello\n");
const sender = memory.data(18);
const bytes = memory.data(2048);

export function start(): void {
  http.listen(80);
  udp.bind(7000);
}

export function httpRequest(request: i32): void {
  hello.send(request);
}

export function udpReadable(socket: i32): void {
  const length = udp.receive(socket, sender, 18, bytes, 2048);
  const port = ((<i32>load<u8>(sender, 16)) << 8) | (<i32>load<u8>(sender, 17));
  if (length >= 0) udp.send(socket, sender, 16, port, bytes, length);
}
