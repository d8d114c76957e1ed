/** A machine with the `ip` service and a transport that records: what the tests of `net/ip` share. */
import { createBench, serviceRoot, STATION, type BenchOptions } from "./network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  ip,
  ipText,
  ipv4,
  PEER,
  u32,
  type Bytes,
  type Ipv4Fields,
} from "./frames.ts";

/** A transport that records what it is given and can send. */
const EXTRA = `
import { network } from "./network";
import { setAddress } from "./address";
import { counted } from "./counters";
import { Flow, mapIpv4, Transport, PROTOCOL_TCP, PROTOCOL_UDP } from "../layer";
import { refusePort } from "./input";
declare function received(local: u32, remote: u32, length: u32, first: u32): void;
declare function failed(local: u32, remote: u32, length: u32, mtu: u32): void;
class Recorder extends Transport {
  refuse: bool = false;
  receive(flow: Flow, pointer: usize, length: u32): void {
    received(<u32>flow.localLow, <u32>flow.remoteLow, length, length > 0 ? load<u8>(pointer) : 0);
    if (this.refuse) refusePort();
  }
  unreachable(flow: Flow, pointer: usize, length: u32, mtu: u32): void {
    failed(<u32>flow.localLow, <u32>flow.remoteLow, length, mtu);
  }
}
const tcp = new Recorder();
const udp = new Recorder();
udp.refuse = true;
network().register(PROTOCOL_TCP, tcp);
network().register(PROTOCOL_UDP, udp);
const flow = changetype<Flow>(memory.data(48, 8));
/** Sends \`length\` bytes 0xAB: 1, or 0 without a route. */
export function send(local: u32, remote: u32, length: u32): u32 {
  flow.localLow = mapIpv4(local);
  flow.remoteLow = mapIpv4(remote);
  const at = network().open(flow, PROTOCOL_TCP);
  if (at == 0) return 0;
  memory.fill(at, 0xab, length);
  network().send(length);
  return 1;
}
export function localFor(remote: u32): u32 {
  flow.remoteLow = mapIpv4(remote);
  return network().localFor(flow) ? <u32>flow.localLow : 0;
}
export function maximumPayload(): u32 { return network().maximumPayload(flow); }
export { address } from "./service";
export { setAddress, counted };
`;

export const STATIC = "net.address=10.0.2.15/24\nnet.gateway=10.0.2.2\nnet.dns=10.0.2.3\n";
export const OUR = "10.0.2.15";
export const number = (text: string) => new DataView(bytes(ip(text)).buffer).getUint32(0);

export interface Seen {
  readonly local: string;
  readonly remote: string;
  readonly length: number;
  readonly extra: number;
}

export async function machine(options: Partial<BenchOptions> = {}) {
  const received: Seen[] = [];
  const failed: Seen[] = [];
  const entered: number[] = [];
  const dotted = (value: number) => ipText(bytes(u32(value >>> 0)), 0);
  const recorder = (list: Seen[]) => (local: number, remote: number, length: number, extra: number) => {
    list.push({ local: dotted(local), remote: dotted(remote), length, extra });
  };
  const bench = await createBench({
    name: "net/ip/network.harness.ts",
    source: serviceRoot(["ip"], EXTRA),
    configuration: STATIC,
    functions: { "network.harness": { received: recorder(received), failed: recorder(failed) } },
    onEnter: (entry) => entered.push(entry),
    ...options,
  });
  return { bench, received, failed, entered };
}

export const frame = (fields: Partial<Ipv4Fields>, to: Bytes = STATION) =>
  ethernet(
    to,
    PEER,
    0x0800,
    ipv4({ source: "10.0.2.2", destination: OUR, protocol: 6, payload: bytes(1, 2, 3), ...fields }),
  );

export const question = (sender: string, target: string, senderHardware = PEER) =>
  ethernet(BROADCAST, senderHardware, 0x0806, arp({ operation: 1, senderHardware, sender, target }));

export const answer = (sender: string, target: string, senderHardware = PEER) =>
  ethernet(
    STATION,
    senderHardware,
    0x0806,
    arp({ operation: 2, senderHardware, sender, targetHardware: STATION, target }),
  );
