/** Frames into the whole stack: link, ARP, IPv4, ICMP, UDP, TCP. An odd first byte asks for right checksums. */
import path from "node:path";
import type { Bench } from "../tools/network-bench.ts";
import type { FuzzTarget } from "./target.ts";
import { check, introduce, machines, mend, networkRoot, SERVER } from "./network-target.ts";

const MACHINE = networkRoot(
  ["ip", "udp", "tcp"],
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
let current: Bench;

/** The app reads what comes for its socket, so that the queue does not stay full. */
function onEnter(entry: number, socket: number): void {
  if (entry === UDP_READABLE) current.kernel.receive(socket, 0, 18, 32, 2048);
}

const next = machines({ ...MACHINE, onEnter }, (bench) => {
  current = bench;
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
