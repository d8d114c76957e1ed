/** The benchmarks of the report, as data, in the order in which it shows them. */

export interface Benchmark {
  /** `npm run bench:NAME`. */
  readonly name: string;
  readonly title: string;
  /** What is compared with what. */
  readonly about: string;
  /** Its options for a look that takes little time. */
  readonly quick: readonly string[];
}

export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: "boot",
    title: "From nothing to the first response",
    about:
      "Wall time from the launcher's start to the whole first response, and what it took of processor and memory: images of Skerry beside an empty QEMU guest, node on the host, and node in a Linux microVM.",
    quick: ["--rounds", "2", "--skip-memory"],
  },
  {
    name: "dev",
    title: "From a save to the new answer",
    about:
      "How long a developer waits for what was just written: skerry dev, which builds a machine and starts it, beside node --watch, which starts Node.",
    quick: ["--rounds", "5"],
  },
  {
    name: "size",
    title: "What is in an image",
    about: "The examples' parts before they are compiled.",
    quick: [],
  },
  {
    name: "http",
    title: "A request of HTTP",
    about:
      "Processor time of the server for each request at a fixed rate, softirq included, and how long an answer takes: native code of Skerry beside node:http, a C server on epoll, and nginx.",
    quick: ["--rounds", "1", "--seconds", "1", "--rate", "10000"],
  },
  {
    name: "js",
    title: "A handler in JavaScript",
    about:
      "The same of handlers on QuickJS, beside what they come to by hand on node:http, which compiles as it runs. Hono's rival has no router.",
    quick: ["--rounds", "1", "--seconds", "1"],
  },
  {
    name: "bulk",
    title: "One connection, as fast as it goes",
    about: "Skerry and Linux beside Linux and Linux, each way.",
    quick: ["--rounds", "1", "--seconds", "1"],
  },
  {
    name: "loss",
    title: "Throughput where packets are lost",
    about: "One connection over a line that loses, delays and is of one rate: Skerry's end beside Linux's.",
    quick: ["--rounds", "1", "--seconds", "1", "--loss", "0,1"],
  },
  {
    name: "isolation",
    title: "A compartment for each request, or for each tenant",
    about: "What a fresh compartment costs beside a shared one, a thread of Node and a process.",
    quick: [],
  },
  {
    name: "compiler",
    title: "Code of the compiler",
    about: "Processor time of compiled WebAssembly beside V8's two compilers.",
    quick: ["--rounds", "1"],
  },
];

export const commandOf = ({ name }: Benchmark): string => `npm run bench:${name}`;
