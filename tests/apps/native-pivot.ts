// Tries to talk to a port of the host's loopback in every way there is, and says how each try went.
import { environment } from "skerry/native/app";
import { log } from "skerry/native/console";
import * as dns from "skerry/native/dns";
import * as tcp from "skerry/native/tcp";
import * as udp from "skerry/native/udp";

const address = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 2, 2]);
const name = memory.data<u8>([0x65, 0x76, 0x69, 0x6c, 0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65]); // evil.example
const settings = memory.data(256);
let connection: i32 = -1;

export function start(): void {}

export function networkUp(): void {
  const port = portOf();
  const socket = udp.bind(0);
  log("udp " + udp.send(socket, address, 16, port, name, 12).toString());
  connection = tcp.connect(address, 16, port);
  log("tcp " + min(connection, 0).toString());
  log("dns " + min(dns.resolve(name, 12), 0).toString());
}

export function tcpConnected(id: i32): void {
  tcp.write(id, name, 12);
  log("connected");
}

export function tcpClosed(id: i32, reason: i32): void {
  log("closed " + reason.toString());
}

export function dnsAnswered(query: i32, result: i32): void {
  log("answered " + result.toString());
}

/** The number behind `PORT=`, which is all there is. */
function portOf(): i32 {
  const length = environment(settings, 256);
  let port: i32 = 0;
  for (let index = 0; index < length; index++) {
    const digit = <i32>load<u8>(settings + index) - 0x30;
    if (digit >= 0 && digit <= 9) port = port * 10 + digit;
  }
  return port;
}
