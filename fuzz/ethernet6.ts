/**
 * IPv6 frames into the whole stack: headers and what extends them, neighbour discovery, parts, ICMPv6, UDP, TCP. An odd first
 * byte asks for right lengths and checksums, its next bits for one of the machine's own addresses and groups as destination.
 */
import type { Bench } from "../tools/network-bench.ts";
import { STATION } from "../tools/network-bench.ts";
import { bytes, PEER, u16, u32, type Bytes } from "../tools/frames.ts";
import {
  checksum6,
  frame6,
  group6,
  icmp6,
  ip6,
  ip6Text,
  ipv6,
  readIpv6,
  solicited6,
  udp6,
} from "../tools/frames6.ts";
import type { FuzzTarget } from "./target.ts";
import { machines, networkRoot, type Machine } from "./network-target.ts";

const OUR = "2001:db8::15";
const PEER6 = "2001:db8::2";
const CONFIGURATION = `net.address6=${OUR}/64\nnet.gateway6=fe80::1\n`;
const AUTO = "net.address6=auto\n";
const MACHINE = networkRoot(
  ["ip", "ip6", "udp", "tcp"],
  `
export function prepare(): void {
  tcp.listen(80);
  udp.bind(53);
}
export { receive } from "../udp/service";
`,
);
const TIME_PER_INPUT_MS = 7;
const UDP_READABLE = 9;
const HEADERS_SIZE = 54;

/** One machine with a static address, one that listens to routers. */
const fleet = [CONFIGURATION, AUTO].map((configuration) => {
  let current: Bench;
  const onEnter = (entry: number, socket: number) => {
    if (entry === UDP_READABLE) current.kernel.receive(socket, 0, 18, 32, 2048);
  };
  return machines({ ...MACHINE, configuration, onEnter }, (bench) => {
    current = bench;
    bench.kernel.prepare();
    bench.exchange();
    bench.pass(1100);
  });
});

/** Where the checksum stands, by protocol. */
const CHECKSUM_PLACES: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2 };

/** Makes lengths and checksums right, so that the input gets past them. */
function mend(frame: Bytes, choice: number): Bytes {
  if (frame.length < HEADERS_SIZE) return frame;
  const mended = frame.slice();
  const destinations = [OUR, OUR, solicited6(OUR), "ff02::1"];
  const destination = destinations[choice & 3]!;
  mended.set((choice & 2) === 0 ? STATION : group6(destination));
  mended.set([0x86, 0xdd, 0x60], 12);
  mended.set(u16(mended.length - HEADERS_SIZE), 18);
  mended.set(ip6(destination), 38);
  const payload = mended.subarray(HEADERS_SIZE);
  const place = CHECKSUM_PLACES[mended[20]!];
  if (place === undefined || payload.length < place + 2) return mended;
  payload.set([0, 0], place);
  payload.set(u16(checksum6(ip6Text(mended, 22), destination, mended[20]!, payload)), place);
  return mended;
}

/** Throws unless memory is where it was and each frame that was sent is well-formed. */
function check({ bench, memoryBytes }: Machine, sent: readonly Bytes[]): void {
  if (bench.kernel.memory.buffer.byteLength !== memoryBytes) throw new Error("memory has grown after start");
  for (const frame of sent) {
    if (frame.length > 1514) throw new Error(`a frame of ${frame.length} bytes`);
    readIpv6(frame);
  }
}

const link = bytes(1, 1, PEER);
const seed = (
  destination: string,
  protocol: number,
  payload: Bytes,
  hopLimit = 255,
  source = PEER6,
): Bytes => {
  const group = destination.startsWith("ff");
  const to = group ? group6(destination) : STATION;
  const choice = destination === OUR ? 1 : destination === "ff02::1" ? 7 : 5;
  return bytes(choice, frame6(to, PEER, { source, destination, protocol, hopLimit, payload }));
};
const target6 = solicited6(OUR);
const prefix = bytes(3, 4, 64, 0xc0, u32(3600), u32(1800), u32(0), ip6("2001:db8:1::"));
const advertised = bytes(64, 0, u16(1800), u32(0), u32(0), link, bytes(5, 1, 0, 0, u32(1280)), prefix);
const quoted = ipv6({ source: OUR, destination: PEER6, protocol: 6, payload: new Uint8Array(20) });
const syn = bytes(u16(4000), u16(80), u32(77), u32(0), 0x50, 2, u16(1000), u16(0), u16(0));
const echo = icmp6(PEER6, OUR, 128, 0, bytes(0, 1, 0, 2, 3, 4));

export const target: FuzzTarget = {
  name: "ethernet6",
  corpus: [
    seed(target6, 58, icmp6(PEER6, target6, 135, 0, bytes(u32(0), ip6(OUR), link))),
    seed(OUR, 58, icmp6(PEER6, OUR, 136, 0, bytes(u32(0x6000_0000), ip6(PEER6), 2, 1, PEER))),
    seed("ff02::1", 58, icmp6("fe80::1", "ff02::1", 134, 0, advertised), 255, "fe80::1"),
    seed(OUR, 58, echo),
    seed(OUR, 58, icmp6(PEER6, OUR, 2, 0, bytes(u32(1280), quoted))),
    seed(OUR, 58, icmp6(PEER6, OUR, 1, 4, bytes(u32(0), quoted))),
    seed(OUR, 17, udp6(PEER6, OUR, [9, 53], bytes(1, 2, 3))),
    seed(OUR, 17, udp6(PEER6, OUR, [9, 9], bytes(1, 2, 3))),
    seed(OUR, 6, syn),
    seed(OUR, 0, bytes(60, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4, 0, 0, 0, 0, echo)),
    seed(OUR, 44, bytes(58, 0, u16(1), u32(9), echo, new Array(256).fill(0))),
    seed(OUR, 44, bytes(58, 0, u16(264), u32(9), echo)),
    seed(OUR, 43, bytes(58, 0, 0, 0, 0, 0, 0, 0, echo)),
  ],
  async run(input) {
    const first = input[0] ?? 0;
    const machine = await fleet[(first >> 7) & 1]!();
    const frame = input.slice(1, 1515);
    const sent = machine.bench.exchange((first & 1) === 1 ? mend(frame, first >> 1) : frame);
    check(machine, [...sent, ...machine.bench.pass(TIME_PER_INPUT_MS)]);
  },
};
