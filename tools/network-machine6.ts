/** A machine with IPv6 and what its neighbours say: what the tests of `net/ip` share. As `network-machine.ts`. */
import { createBench, serviceRoot, STATION, type Bench } from "./network-bench.ts";
import { bytes, PEER, u32, type Bytes } from "./frames.ts";
import { frame6, group6, icmp6, ip6, readIpv6, solicited6 } from "./frames6.ts";

export const OUR = "2001:db8::15";
export const PEER6 = "2001:db8::2";
export const ROUTER = "fe80::1";
export const FAR = "2001:db8:ffff::9";
const STATIC = `net.address6=${OUR}/64\nnet.gateway6=${ROUTER}\n`;

const EXTRA = `
export { receive, send, bind } from "../udp/service";
export function listen(port: u32): i32 { return tcp.listen(port); }
export { textHigh, textLow, textPrefix, parseIpv6Text, parseIpv6Network } from "../wire/ipv6-text";
import { counted } from "./counters";
export { counted };
`;

export async function machine6(configuration = STATIC): Promise<Bench> {
  return createBench({
    name: "net/ip/network6.harness.ts",
    source: serviceRoot(["ip", "ip6", "udp", "tcp"], EXTRA),
    configuration,
  });
}

/** A machine whose addresses are its own by now. */
export async function settled(): Promise<Bench> {
  const bench = await machine6();
  bench.exchange();
  bench.pass(1100);
  return bench;
}

export const link = (type: number, hardware: Bytes) => bytes(type, 1, hardware);
export const isType = (type: number) => (frame: Bytes) => readIpv6(frame).payload[0] === type;

export function solicitation(source: string, target: string, options: Bytes = link(1, PEER)): Bytes {
  const destination = solicited6(target);
  const payload = icmp6(source, destination, 135, 0, bytes(u32(0), ip6(target), options));
  return frame6(group6(destination), PEER, { source, destination, protocol: 58, hopLimit: 255, payload });
}

export function advertisement(target: string, destination = OUR, hardware = PEER): Bytes {
  const body = bytes(u32(0x6000_0000), ip6(target), link(2, hardware));
  const payload = icmp6(target, destination, 136, 0, body);
  return frame6(STATION, PEER, { source: target, destination, protocol: 58, hopLimit: 255, payload });
}

/** An advertisement that names no hardware address, as Linux answers who asks it alone. */
export function confirmation(target: string, flags = 0x6000_0000, destination = OUR): Bytes {
  const payload = icmp6(target, destination, 136, 0, bytes(u32(flags), ip6(target)));
  const to = destination === OUR ? STATION : group6(destination);
  return frame6(to, PEER, { source: target, destination, protocol: 58, hopLimit: 255, payload });
}

export const toUs = (protocol: number, payload: Bytes, source = PEER6) =>
  frame6(STATION, PEER, { source, destination: OUR, protocol, payload });
