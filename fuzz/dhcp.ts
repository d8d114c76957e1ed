/**
 * Answers to the DHCP client. Bytes 4 to 8 and 28 to 34 of the input are replaced by the client's transaction id and
 * hardware address where the first byte is even, so that the input is heard.
 */
import path from "node:path";
import { STATION } from "../tools/network-bench.ts";
import { BROADCAST, isArp, PEER, read32, readIpv4, u32, udpFrame, type Bytes } from "../tools/frames.ts";
import type { FuzzTarget } from "./target.ts";
import { check, machines, networkRoot } from "./network-target.ts";

const EXTRA = `
import { localAddress } from "./address";
import { leaseState } from "../dhcp/client";
import { isUnicast } from "../wire/ipv4";
/** What is configured is an address that a machine can have, and exactly while there is a lease. */
export function isConsistent(): bool {
  const bound = leaseState() >= 3;
  return bound == (localAddress() != 0) && (!bound || isUnicast(localAddress()));
}
`;
const MACHINE = { ...networkRoot(["ip", "udp", "dhcp"], EXTRA), configuration: "" };
const TIMES_MS = [1, 900, 40_000, 4_000_000];

const next = machines(MACHINE, () => {});
let transactionId = 0;

/** Notes the id of the latest DHCP message among what was sent. */
function note(sent: readonly Bytes[]): void {
  for (const frame of sent) {
    if (!isArp(frame) && readIpv4(frame).protocol === 17) transactionId = read32(frame, 14 + 20 + 8 + 4);
  }
}

export const target: FuzzTarget = {
  name: "dhcp",
  corpus: path.join(import.meta.dirname, "corpus/dhcp"),
  async run(input) {
    const machine = await next();
    const mode = input[0] ?? 0;
    const payload = input.slice(1, 1473);
    if ((mode & 1) === 0 && payload.length >= 34) {
      payload.set(u32(transactionId), 4);
      payload.set(STATION, 28);
    }
    const route = { source: "10.0.2.2", destination: "255.255.255.255", sourcePort: 67, destinationPort: 68 };
    const sent = machine.bench.exchange(udpFrame(BROADCAST, PEER, { ...route, payload }));
    sent.push(...machine.bench.pass(TIMES_MS[(mode >> 1) & 3]!));
    note(sent);
    check(machine, sent);
    if (!machine.bench.kernel.isConsistent()) throw new Error("the address does not fit the lease's state");
  },
};
