/**
 * Frames of a guest that was taken over into a whole gateway: the guard, the stack and what Node does with it, down to
 * sockets of the loopback, the only ones that are granted. Two bytes of length stand before each frame of an input. An odd
 * first byte of a frame makes its station, addresses, lengths and checksums the guest's own.
 *
 * `gateway-offload.ts` does the same to one that takes segments joined and unsummed: virtio's header then stands first.
 */
import dgram from "node:dgram";
import net, { type AddressInfo } from "node:net";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { Gateway } from "../src/gateway/gateway.ts";
import { parseGrant } from "../src/gateway/grant.ts";
import {
  GATEWAY_HARDWARE_ADDRESS as GATEWAY,
  GUEST_HARDWARE_ADDRESS as GUEST,
  GUEST_ADDRESS,
  GUEST_ADDRESS6,
} from "../src/gateway/gateway.ts";
import { createCable } from "../src/link/cable.ts";
import type { Device } from "../src/link/device.ts";
import {
  arp,
  bytes,
  ethernet,
  internetChecksum,
  ip,
  ipv4,
  readIpv4,
  read16,
  u16,
  u32,
  udp,
  type Bytes,
} from "../tools/frames.ts";
import { checksum6, icmp6, ip6, ip6Text, ipv6, readIpv6, udp6 } from "../tools/frames6.ts";
import { mend } from "./network-target.ts";
import type { FuzzTarget } from "./target.ts";

const [HERE, HERE6] = ["10.0.2.2", "fd53:4b00::2"];
const [IPV4, ARP, IPV6] = [0x0800, 0x0806, 0x86dd];
const HEADERS6 = 54;
const CHECKSUM_PLACES6: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2 };
const [ECHO_PORT, CLOSED_PORT] = [7, 9];
const TURNS_PER_INPUT = 4;
const INPUTS_PER_GATEWAY = 2000;
const IDLE_MS = 1000;

const HEADER_BYTES = 12;
/** Of an input, at most: more than a wire's, where the guest may join segments. */
const [FRAME_LIMIT, JOINED_LIMIT] = [1515, 4096];
/** Of what comes back, with a TCP segment of all that fits. */
const [SENT_LIMIT, LONG_LIMIT] = [1514, 65_522];

interface Ground {
  readonly gateway: Gateway;
  readonly device: Device;
  inputs: number;
  stop(): void;
}

const grounds = new Map<boolean, Ground>();
let idle: NodeJS.Timeout | undefined;
let failure: unknown;

async function prepare(offloads: boolean): Promise<Ground> {
  const ground = grounds.get(offloads);
  if (ground !== undefined && ground.inputs++ < INPUTS_PER_GATEWAY) return ground;
  for (const each of grounds.values()) each.stop();
  const streams = net
    .createServer((socket) => socket.on("error", () => {}).pipe(socket))
    .listen(0, "127.0.0.1");
  const datagrams = dgram.createSocket("udp4").bind(0, "127.0.0.1");
  await Promise.all([once(streams, "listening"), once(datagrams, "listening")]);
  datagrams.on("message", (message, from) => datagrams.send(message, from.port, from.address));
  const [outer, device] = createCable();
  const outbound = [`127.0.0.1:${ECHO_PORT}`, `127.0.0.1:${CLOSED_PORT}`, `[::1]:${CLOSED_PORT}`];
  const ports = [(streams.address() as AddressInfo).port, datagrams.address().port];
  const gateway = new Gateway({
    device: outer,
    offloads,
    outbound: [...outbound, ...ports.map((port) => `127.0.0.1:${port}`), "[fe80::/10]:*"].map(parseGrant),
    resolver: { resolve4: async () => [{ address: "192.0.2.1", ttl: 1 }] },
  });
  await gateway.start();
  openPorts = ports;
  const onError = (error: unknown): void => void (failure = error);
  process.on("uncaughtException", onError);
  const stop = (): void => {
    process.off("uncaughtException", onError);
    gateway.stop();
    streams.close();
    datagrams.close();
    grounds.delete(offloads);
  };
  const made = { gateway, device, inputs: 0, stop };
  grounds.set(offloads, made);
  return made;
}

/** Where something listens, in the place of `ECHO_PORT`. */
let openPorts: readonly number[] = [];

/** As the guest itself would send it. */
function asGuest(frame: Bytes): Bytes {
  const own = bytes(GATEWAY, GUEST, frame.subarray(12));
  const type = own.length > 14 ? read16(own, 12) : 0;
  if (type === IPV4 && own.length >= 34) {
    own.set(ip(GUEST_ADDRESS), 26);
    own.set(u16(own.length - 14), 16);
    openPort(own, 14 + (own[14]! & 15) * 4, own[23]!);
    return mend(own);
  }
  if (type !== IPV6 || own.length < HEADERS6) return own;
  own.set(ip6(GUEST_ADDRESS6), 22);
  own.set(u16(own.length - HEADERS6), 18);
  const payload = own.subarray(HEADERS6);
  const place = CHECKSUM_PLACES6[own[20]!];
  if (place === undefined || payload.length < place + 2) return own;
  payload.set([0, 0], place);
  payload.set(u16(checksum6(ip6Text(own, 22), ip6Text(own, 38), own[20]!, payload)), place);
  return own;
}

function openPort(frame: Bytes, transport: number, protocol: number): void {
  if (frame.length < transport + 4 || read16(frame, transport + 2) !== ECHO_PORT) return;
  frame.set(u16(openPorts[protocol === 6 ? 0 : 1]!), transport + 2);
}

/** Throws unless it is one that a gateway may send to its guest. */
function check(frame: Bytes, limit: number): void {
  if (frame.length > limit) throw new Error(`a frame of ${frame.length} bytes`);
  if (!GATEWAY.every((byte, index) => frame[6 + index] === byte)) throw new Error("not from our station");
  const type = read16(frame, 12);
  if (type === IPV4) readIpv4(frame);
  else if (type === IPV6) readIpv6(frame);
  else if (type !== ARP) throw new Error(`Ethernet type ${type}`);
}

const seed = (...frames: readonly Bytes[]): Bytes =>
  bytes(...frames.flatMap((frame) => [u16(frame.length + 1), [1], frame]));
const four = (protocol: number, payload: Bytes, destination = HERE, fragment = 0): Bytes =>
  ethernet(
    GATEWAY,
    GUEST,
    IPV4,
    ipv4({ source: GUEST_ADDRESS, destination, protocol, payload, fragment, timeToLive: 2 }),
  );
const six = (protocol: number, payload: Bytes, destination = HERE6): Bytes =>
  ethernet(
    GATEWAY,
    GUEST,
    IPV6,
    ipv6({ source: GUEST_ADDRESS6, destination, protocol, payload, hopLimit: 255 }),
  );
const datagram = (port: number, payload: Bytes, destination = HERE): Bytes =>
  udp({ source: GUEST_ADDRESS, destination, sourcePort: 5000, destinationPort: port, payload });
const segment = (port: number, flags: number, data: Bytes = bytes()): Bytes =>
  bytes(u16(5000), u16(port), u32(1000), u32(0), 0x50, flags, u16(65535), u32(0), data);
const discover = bytes(1, 1, 6, 0, u32(7), new Array(20).fill(0), GUEST, new Array(202).fill(0));
const question = bytes(u16(7), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1);
const who = arp({ operation: 2, senderHardware: GUEST, sender: GUEST_ADDRESS, target: HERE });

const CORPUS: readonly Bytes[] = [
  seed(ethernet(GATEWAY, GUEST, ARP, who), four(6, segment(ECHO_PORT, 2)), four(6, segment(ECHO_PORT, 16))),
  seed(four(6, segment(CLOSED_PORT, 2)), four(6, segment(CLOSED_PORT, 2)), four(6, segment(80, 2))),
  seed(four(17, datagram(ECHO_PORT, bytes(1, 2))), four(17, datagram(CLOSED_PORT, bytes(3)))),
  seed(four(17, datagram(53, question)), four(6, segment(53, 2)), four(1, bytes(8, 0, 0, 0, 1, 2, 3, 4))),
  seed(four(17, datagram(9, bytes(1)), "192.0.2.1"), four(6, segment(9, 2), "192.0.2.1")),
  seed(four(17, bytes(datagram(9, bytes(1, 2, 3, 4))), HERE, 0x2000), four(17, bytes(5, 6), HERE, 2)),
  seed(four(17, bytes(u16(68), u16(67), u16(248), 0, 0, discover), "255.255.255.255")),
  seed(six(6, segment(CLOSED_PORT, 2)), six(17, udp6(GUEST_ADDRESS6, HERE6, [5000, CLOSED_PORT], bytes(1)))),
  seed(six(58, icmp6(GUEST_ADDRESS6, HERE6, 128, 0, bytes(1, 2, 3, 4)))),
  seed(six(58, icmp6(GUEST_ADDRESS6, HERE6, 135, 0, bytes(u32(0), ip6(HERE6), 1, 1, GUEST)))),
  seed(
    six(58, icmp6(GUEST_ADDRESS6, HERE6, 136, 0, bytes(u32(0x6000_0000), ip6(GUEST_ADDRESS6), 2, 1, GUEST))),
  ),
  seed(
    six(
      58,
      icmp6(
        GUEST_ADDRESS6,
        HERE6,
        1,
        4,
        bytes(
          u32(0),
          ipv6({ source: HERE6, destination: GUEST_ADDRESS6, protocol: 17, payload: new Uint8Array(8) }),
        ),
      ),
    ),
  ),
  seed(
    six(6, segment(80, 2), "fe80::9"),
    six(17, udp6(GUEST_ADDRESS6, "fe80::9", [5000, 80], bytes(1)), "fe80::9"),
  ),
];

/** Each frame of a seed behind a header that says nothing of it, that leaves its checksum out, and that joins segments. */
const HEADERS = [
  new Uint8Array(HEADER_BYTES),
  bytes(1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0),
  bytes(1, 1, 54, 0, 100, 0, 34, 0, 16, 0, 0, 0),
  bytes(1, 4, 74, 0, 100, 0, 54, 0, 16, 0, 0, 0),
];

function withHeaders(input: Bytes, header: Bytes): Bytes {
  const frames: Bytes[] = [];
  for (let at = 0; at < input.length;) {
    const end = at + 2 + read16(input, at);
    frames.push(bytes(u16(end - at - 2 + HEADER_BYTES), input[at + 2]!, header, input.subarray(at + 3, end)));
    at = end;
  }
  return bytes(...frames);
}

/** What stands behind a header, with the checksum that was left out. */
function complete(sent: Bytes): Bytes {
  const header = new DataView(sent.buffer, sent.byteOffset, HEADER_BYTES);
  const frame = sent.slice(HEADER_BYTES);
  if ((header.getUint8(0) & 1) === 0) return frame;
  const from = header.getUint16(6, true);
  frame.set(u16(internetChecksum(frame.subarray(from))), from + header.getUint16(8, true));
  return frame;
}

async function run(input: Uint8Array, offloads: boolean): Promise<void> {
  clearTimeout(idle);
  const { gateway, device, stop } = await prepare(offloads);
  idle = setTimeout(stop, IDLE_MS);
  const before = offloads ? HEADER_BYTES : 0;
  for (let at = 0; at + 2 < input.length;) {
    const length = Math.min(read16(input, at), offloads ? JOINED_LIMIT : FRAME_LIMIT);
    const frame = input.slice(at + 3, at + 2 + length);
    const isOwn = (input[at + 2]! & 1) === 1 && frame.length >= before;
    device.send(isOwn ? bytes(frame.subarray(0, before), asGuest(frame.slice(before))) : frame);
    at += 2 + Math.max(length, 1);
  }
  for (let count = 0; count < TURNS_PER_INPUT; count++) await turn();
  for (let frame = device.receive(); frame !== undefined; frame = device.receive()) {
    check(offloads ? complete(frame) : frame, offloads ? LONG_LIMIT : SENT_LIMIT);
  }
  if (failure !== undefined) {
    stop();
    throw failure;
  }
  const { streams, refusals } = gateway.counts;
  if (streams > 4096 || refusals.size > 1024)
    throw new Error(`${streams} streams, ${refusals.size} refusals`);
}

export const target: FuzzTarget = {
  name: "gateway-cable",
  corpus: CORPUS,
  run: (input) => run(input, false),
};

export const offloading: FuzzTarget = {
  name: "gateway-offload",
  corpus: CORPUS.flatMap((input) => HEADERS.map((header) => withHeaders(input, header))),
  run: (input) => run(input, true),
};
