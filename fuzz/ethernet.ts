/** Frames into the whole stack: link, ARP, IPv4, ICMP, UDP, TCP. An odd first byte asks for right checksums. */
import path from "node:path";
import type { FuzzTarget } from "./target.ts";
import { check, introduce, machines, mend, networkRoot, SERVER } from "./network-target.ts";

const MACHINE = networkRoot(
  ["ip", "udp", "tcp"],
  `
export function prepare(): void {
  tcp.listen(80);
  udp.bind(53);
}
`,
);
const TIME_PER_INPUT_MS = 7;

const next = machines(MACHINE, (bench) => {
  bench.kernel.prepare();
  introduce(bench, SERVER);
});

export const target: FuzzTarget = {
  name: "ethernet",
  corpus: path.join(import.meta.dirname, "corpus/ethernet"),
  async run(input) {
    const machine = await next();
    const frame = input.slice(1, 2040);
    const sent = machine.bench.exchange(((input[0] ?? 0) & 1) === 1 ? mend(frame) : frame);
    check(machine, [...sent, ...machine.bench.pass(TIME_PER_INPUT_MS)]);
  },
};
