/**
 * What the fuzz targets of the network share: a machine that lives on from input to input, and what must hold
 * after each of them.
 */
import { createBench, serviceRoot, STATION, type Bench, type BenchOptions } from "../tools/network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  internetChecksum,
  isArp,
  PEER,
  readIpv4,
  readUdp,
  udpFrame,
  type Bytes,
  type UdpFields,
} from "../tools/frames.ts";

export const OUR = "10.0.2.15";
export const SERVER = "10.0.2.3";
export const STATIC = `net.address=${OUR}/24\nnet.gateway=10.0.2.2\nnet.dns=${SERVER}\nnet.allow=*:*\n`;

/** A machine is replaced after so many inputs, so that a failure is near its cause. */
const INPUTS_PER_MACHINE = 5000;

export interface Machine {
  readonly bench: Bench;
  readonly memoryBytes: number;
}

/** Answers the machine to use for the next input. */
export function machines(options: BenchOptions, prepare: (bench: Bench) => void): () => Promise<Machine> {
  let machine: Machine | undefined;
  let inputs = 0;
  return async () => {
    if (machine === undefined || inputs++ % INPUTS_PER_MACHINE === 0) {
      const bench = await createBench(options);
      prepare(bench);
      machine = { bench, memoryBytes: bench.kernel.memory.buffer.byteLength };
    }
    return machine;
  };
}

export function networkRoot(services: readonly string[], extra = ""): BenchOptions {
  return { name: "net/ip/fuzz.harness.ts", source: serviceRoot(services, extra), configuration: STATIC };
}

/** Lets the machine know a neighbour's hardware address. */
export function introduce(bench: Bench, neighbour: string): void {
  const body = arp({ operation: 1, senderHardware: PEER, sender: neighbour, target: OUR });
  bench.exchange(ethernet(BROADCAST, PEER, 0x0806, body));
}

/** Throws unless memory is where it was and each frame that was sent is well-formed. */
export function check(machine: Machine, sent: readonly Bytes[]): void {
  if (machine.bench.kernel.memory.buffer.byteLength !== machine.memoryBytes) {
    throw new Error("memory has grown after start");
  }
  for (const frame of sent) {
    if (frame.length > 1514) throw new Error(`a frame of ${frame.length} bytes`);
    if (!STATION.every((byte, index) => frame[6 + index] === byte)) throw new Error("not from our station");
    if (isArp(frame)) continue;
    const { protocol, payload } = readIpv4(frame);
    if (protocol === 17) readUdp(frame);
    const pseudo = bytes(frame.slice(26, 34), 0, protocol, word(payload.length));
    if (protocol === 6 && internetChecksum(bytes(pseudo, payload)) !== 0)
      throw new Error("wrong TCP checksum");
    if (protocol === 1 && internetChecksum(payload) !== 0) throw new Error("wrong ICMP checksum");
  }
}

/** A UDP datagram from the network's server to this machine. */
export function fromServer(fields: Partial<UdpFields>, payload: Bytes): Bytes {
  const route = { source: SERVER, destination: OUR, sourcePort: 0, destinationPort: 0 };
  return udpFrame(STATION, PEER, { ...route, ...fields, payload: payload.slice(0, 1472) });
}

/** Makes the IPv4 checksum and that of TCP, UDP or ICMP right, so that the input gets past them. */
export function mend(frame: Bytes): Bytes {
  const mended = frame.slice();
  const packet = mended.subarray(14);
  const headerLength = ((packet[0] ?? 0) & 15) * 4;
  if (packet.length < 20 || headerLength < 20 || packet.length < headerLength) return mended;
  packet.set([0, 0], 10);
  packet.set(word(internetChecksum(packet.subarray(0, headerLength))), 10);
  const total = Math.min((packet[2]! << 8) | packet[3]!, packet.length);
  const payload = packet.subarray(headerLength, Math.max(total, headerLength));
  const place = CHECKSUM_PLACES[packet[9]!];
  if (place === undefined || payload.length < place + 2) return mended;
  payload.set([0, 0], place);
  const pseudo = bytes(packet.slice(12, 20), 0, packet[9]!, word(payload.length));
  const sum = internetChecksum(packet[9] === 1 ? payload : bytes(pseudo, payload));
  payload.set(word(sum), place);
  return mended;
}

/** Where the checksum stands, by protocol. */
const CHECKSUM_PLACES: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6 };

const word = (value: number): number[] => [(value >> 8) & 255, value & 255];
