/**
 * Answers to the DNS client. The input's first two bytes are replaced by the query's id, so that it is heard; an even
 * first byte also puts the question in place.
 */
import path from "node:path";
import { readUdp } from "../tools/frames.ts";
import type { FuzzTarget } from "./target.ts";
import { check, fromServer, introduce, machines, networkRoot, OUR, SERVER } from "./network-target.ts";

const MACHINE = networkRoot(
  ["ip", "udp", "dns"],
  `
export { resolve, answer } from "../dns/service";
export { forgetNames } from "../dns/cache";
`,
);
const NAME = new TextEncoder().encode("www.example.com");
const HEADER_SIZE = 12;
/** After so long every query has come to its end. */
const ALL_TRIES_MS = 30_000;

let told = 0;
const next = machines({ ...MACHINE, onEnter: (entry) => void (entry === 10 && told++) }, (bench) => {
  introduce(bench, SERVER);
  bench.appMemory.set(NAME, 0);
});

export const target: FuzzTarget = {
  name: "dns",
  corpus: path.join(import.meta.dirname, "corpus/dns"),
  async run(input) {
    const machine = await next();
    const { bench } = machine;
    told = 0;
    bench.kernel.forgetNames();
    if (bench.kernel.resolve(0, NAME.length) < 0) throw new Error("the query is not taken");
    const asked = readUdp(bench.exchange()[0]!);
    const payload = input.slice(1);
    payload.set(asked.payload.subarray(0, Math.min(2, payload.length)));
    const question = asked.payload.subarray(HEADER_SIZE);
    if (((input[0] ?? 0) & 1) === 0 && payload.length >= HEADER_SIZE + question.length) {
      payload.set(question, HEADER_SIZE);
    }
    const route = { source: SERVER, destination: OUR, sourcePort: 53, destinationPort: asked.sourcePort };
    const sent = bench.exchange(fromServer(route, payload));
    if (told === 0) {
      // As long as it is not answered, the neighbour must stay known for the tries to be seen.
      introduce(bench, SERVER);
      for (let waited = 0; waited < ALL_TRIES_MS; waited += 5000) sent.push(...bench.pass(5000));
    }
    introduce(bench, SERVER);
    check(machine, sent);
    if (told !== 1) throw new Error(`the app was told ${told} times`);
    if (bench.kernel.chunksInUse() !== 0) throw new Error("a chunk is lost");
  },
};
