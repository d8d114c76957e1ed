/** A machine that asks a made-up server for names: what leaves it, and what its app is told. */
import { createBench, serviceRoot, STATION, type Bench } from "../../../../tools/network-bench.ts";
import {
  arp,
  BROADCAST,
  bytes,
  ethernet,
  ip,
  ipText,
  PEER,
  read16,
  u16,
  u32,
  udpFrame,
  type Bytes,
  type UdpFields,
} from "../../../../tools/frames.ts";
import { ip6Text } from "../../../../tools/frames6.ts";

export const OUR = "10.0.2.15";
export const SERVER = "10.0.2.3";
export const [MISSING, REFUSED, DENIED, FULL, INVALID, GONE] = [-6, -7, -8, -4, -3, -2];

export interface Answer {
  readonly query: number;
  readonly result: number;
  readonly addresses: string[];
}

export async function machine(
  configuration = `net.address=${OUR}/24\nnet.gateway=10.0.2.2\nnet.dns=${SERVER}\nnet.allow=*:*\n`,
) {
  const answers: Answer[] = [];
  let at = (index: number) => ipText(bench.appMemory, 1024 + index * 16 + 12);
  if (configuration.includes("address6")) at = (index) => ip6Text(bench.appMemory, 1024 + index * 16);
  const bench: Bench = await createBench({
    name: "net/dns/dns.harness.ts",
    source: serviceRoot(
      ["ip", "ip6", "udp", "dns"],
      `
export { resolve, answer, release } from "./service";
export { bind, send } from "../udp/service";`,
    ),
    configuration,
    onEnter: (entry, query, result) => {
      if (entry !== 10) return;
      const count = bench.kernel.answer(query, 1024, 16 * 16) as number;
      const addresses = count > 0 ? [...new Array(count).keys()].map(at) : [];
      answers.push({ query, result, addresses });
    },
  });
  const body = arp({ operation: 1, senderHardware: PEER, sender: SERVER, target: OUR });
  bench.exchange(ethernet(BROADCAST, PEER, 0x0806, body));
  const resolve = (name: string) => {
    const text = new TextEncoder().encode(name);
    bench.appMemory.set(text, 0);
    return bench.kernel.resolve(0, text.length) as number;
  };
  return { bench, answers, resolve };
}

export const name = (text: string) =>
  bytes(...text.split(".").map((label) => bytes(label.length, new TextEncoder().encode(label))), 0);
/** As a server that spells names its own way. */
export const inSmallLetters = (data: Bytes) =>
  bytes(...[...data].map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte)));
export const pointer = (offset: number) => bytes(u16(0xc000 | offset));
export const record = (owner: Bytes, type: number, data: Bytes, kind = 1, seconds = 60) =>
  bytes(owner, u16(type), u16(kind), u32(seconds), u16(data.length), data);
export const a = (owner: Bytes, address: string) => record(owner, 1, bytes(ip(address)));

/** An answer to the query in `asked`, as the server would give it. */
export function reply(
  asked: UdpFields,
  records: Bytes[],
  change: Partial<UdpFields & { flags: number; id: number; question: Bytes }> = {},
): Bytes {
  const query = asked.payload;
  const head = bytes(
    u16(change.id ?? read16(query, 0)),
    u16(change.flags ?? 0x8180),
    u16(1),
    u16(records.length),
    u32(0),
  );
  const payload = bytes(head, change.question ?? query.slice(12), ...records);
  return udpFrame(STATION, PEER, {
    source: change.source ?? SERVER,
    destination: OUR,
    sourcePort: change.sourcePort ?? 53,
    destinationPort: change.destinationPort ?? asked.sourcePort,
    payload: change.payload ?? payload,
  });
}
