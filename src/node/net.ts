/** node:net: what tells addresses apart. A machine's app has no sockets of its own. */
import { EventEmitter } from "./events.ts";
import { notHere } from "./errors.ts";

const BYTE = "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);
const GROUP = /^[0-9a-f]{1,4}$/i;
const ZONE = /%[0-9a-z-.:]+$/i;

export function isIPv4(text: unknown): boolean {
  return IPV4.test(String(text));
}

export function isIPv6(given: unknown): boolean {
  let text = String(given).replace(ZONE, "");
  const dotted = /^(.*:)([\d.]+)$/.exec(text);
  if (dotted !== null && dotted[2]!.includes(".")) {
    if (!isIPv4(dotted[2])) return false;
    text = `${dotted[1]}0:0`;
  }
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => GROUP.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

export function isIP(text: unknown): 0 | 4 | 6 {
  if (isIPv4(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}

const INSTEAD = "node:http serves, fetch asks";

/** There for `instanceof`; nothing connects. */
export class Socket extends EventEmitter {
  connect(): never {
    throw notHere("net.Socket.connect", INSTEAD);
  }
}

export class Server extends EventEmitter {
  listen(): never {
    throw notHere("net.Server.listen", INSTEAD);
  }
}

export function connect(): never {
  throw notHere("net.connect", INSTEAD);
}

export function createServer(): never {
  throw notHere("net.createServer", INSTEAD);
}

export { connect as createConnection, Socket as Stream };
export default {
  Server,
  Socket,
  Stream: Socket,
  connect,
  createConnection: connect,
  createServer,
  isIP,
  isIPv4,
  isIPv6,
};
