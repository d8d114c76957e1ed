/**
 * Battery 44, and connections without end: what an image holds is the same afterwards as before, page by page.
 *
 * What a machine once needed stays resident: its tables and chunks are taken from the first on, and how many are in use at
 * once is luck: a host that sleeps for a moment brings a whole crowd's requests in one turn. So the memory is compared in a
 * state that is the same each time and more than any crowd comes to: nearly all places are held, each with several chunks
 * that nobody takes. The first time that makes what is needed resident; whatever is not given back between the first time
 * and the second is missing in the second, which then touches memory that was never touched.
 *
 * Short in CI; with SKERRY_LONG ten minutes at twice the capacity, and a million connections.
 */
import test from "node:test";
import assert from "node:assert/strict";
import type { Weakening } from "../security/whole-machine.ts";
import { whyNoNetwork } from "./namespace.ts";
import { GUEST, GUEST6, Site, type SiteOptions } from "./site.ts";

const IS_LONG = process.env["SKERRY_LONG"] === "1";
const CONNECTIONS = IS_LONG ? 1_000_000 : 8_000;
const OVERLOAD_SECONDS = IS_LONG ? 600 : 6;
const WARM_UP_SECONDS = 2;
const CONTROL_CONNECTIONS = 4_000;
const PAGE = 4096;
/** Places in the image's table: few, so that one that is lost is missed. */
const PLACES = 256;
/** Those that are kept free or still wait for their peers' last words may be taken. */
const PLACES_TO_HOLD = 240;
/** What each of these holds in the state that is compared: four chunks, where a request and its answer are one each. */
const HELD_BYTES = 7_000;
/** Who was shut out for long asks again only after two minutes (Linux's TCP_RTO_MAX), and is told then. */
const SETTLE_LIMIT_MS = IS_LONG ? 150_000 : 15_000;
const FILLS_LIMIT = 6;
const MACHINE = { target: ["--target", "process"], words: ["--set", `tcp.connections=${PLACES}`] };
const CROWD = { host: GUEST, clients: 2 * PLACES } as const;

const skip = whyNoNetwork("wrk", "ss", "sysctl") ?? false;

interface Load {
  readonly host: string;
  readonly seconds: number;
  readonly clients: number;
  readonly closes?: boolean;
}

interface Report {
  readonly requests: number;
  /** `wrk`'s line of errors; "" without. */
  readonly errors: string;
}

async function load(site: Site, { host, seconds, clients, closes = false }: Load): Promise<Report> {
  const words = [
    "-t1",
    "--timeout",
    "60s",
    `-c${clients}`,
    `-d${seconds}s`,
    ...(closes ? ["-H", "connection: close"] : []),
  ];
  const output = await site.namespace.succeed(["wrk", ...words, `http://${host}/`]);
  const requests = Number(/(\d+) requests in/.exec(output)![1]);
  return { requests, errors: /Socket errors: .*|Non-2xx.*/.exec(output)?.[0] ?? "" };
}

/** `count` connections, one after the other and some at a time, for a request each; of `hosts` in turns. */
async function connect(site: Site, count: number, hosts: readonly string[]): Promise<number> {
  let done = 0;
  for (let round = 0; done < count; round++) {
    const seconds = Math.min(10, Math.max(1, Math.round(count / 20_000)));
    const host = hosts[round % hosts.length]!;
    const { requests, errors } = await load(site, { host, seconds, clients: 32, closes: true });
    assert.equal(errors, "");
    assert.ok(requests > 0, "it goes on");
    done += requests;
  }
  return done;
}

/** Whether Linux's connections to the machine, as `STATE UNREAD UNACKNOWLEDGED ...`, come to be as they should. */
async function settles(site: Site, areRight: (lines: readonly string[]) => boolean): Promise<boolean> {
  for (const end = Date.now() + SETTLE_LIMIT_MS; Date.now() < end;) {
    if (areRight((await site.namespace.succeed(["ss", "-Htan", "dst", GUEST])).split("\n"))) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** What the machine has written to, once it was in the state that is compared. */
async function filledBytes(site: Site): Promise<number> {
  // Who was shut out and has gone would still ask for a place.
  assert.ok(await settles(site, (lines) => !lines.some((line) => /^(FIN|LAST|CLOS|SYN)/.test(line))));
  const isTaken = (line: string): boolean => /^ESTAB +0 +0 /.test(line);
  const areTaken = (lines: readonly string[]): boolean => lines.filter(isTaken).length === PLACES_TO_HOLD;
  for (let tries = 1; ; tries++) {
    await site.peer.call("fill", { host: GUEST, count: PLACES_TO_HOLD, bytes: HELD_BYTES });
    const isFilled = await settles(site, areTaken);
    await site.peer.call("release", {});
    await site.peer.call("reach", { host: GUEST, port: 80 }); // it has seen that they are gone
    if (isFilled) return site.writtenBytes();
    // Places that it keeps for who went without a word are given to others, but not at once.
    assert.ok(tries < FILLS_LIMIT, "all places that are to be filled can be");
  }
}

/** How much more memory the machine has written to after `work`. */
async function driftOf(site: Site, work: () => Promise<void>): Promise<{ before: number; drift: number }> {
  const before = await filledBytes(site);
  await work();
  return { before, drift: (await filledBytes(site)) - before };
}

/** Every place of the table can be taken at once, and each of them works. */
async function requireAllPlaces(site: Site): Promise<void> {
  await site.peer.call("hold", { host: GUEST, port: 7, count: PLACES_TO_HOLD });
  const answers = await site.peer.call("echoes", { waitMs: 30_000 });
  assert.equal(answers, PLACES_TO_HOLD);
  await site.peer.call("release", {});
}

/** After a warm-up, which takes every place there is. */
async function warmed(options: SiteOptions, work: (site: Site) => Promise<void>): Promise<void> {
  await Site.use(options, async (site) => {
    // Linux gives up sooner for those who have gone.
    await site.namespace.succeed(["sysctl", "-q", "-w", "net.ipv4.tcp_orphan_retries=1"]);
    await load(site, { ...CROWD, seconds: WARM_UP_SECONDS });
    await work(site);
  });
}

test(`${CONNECTIONS} connections leave nothing behind`, { skip }, async (t) => {
  await warmed(MACHINE, async (site) => {
    const hosts = [GUEST, GUEST, GUEST, `[${GUEST6}]`];
    for (const host of hosts.slice(-2)) await load(site, { host, seconds: 1, clients: 32, closes: true });
    let done = 0;
    const { before, drift } = await driftOf(site, async () => {
      done = await connect(site, CONNECTIONS, hosts);
    });
    await requireAllPlaces(site);
    t.diagnostic(`${done} connections, ${drift} bytes of ${before} more`);
    assert.ok(drift <= PAGE, `${drift} bytes`);
  });
});

test(
  `${OVERLOAD_SECONDS} s at twice the capacity: some are served, memory stays, all are served afterwards`,
  { skip },
  async (t) => {
    await warmed(MACHINE, async (site) => {
      let report: Report | undefined;
      const { before, drift } = await driftOf(site, async () => {
        report = await load(site, { ...CROWD, seconds: OVERLOAD_SECONDS });
      });
      const { requests, errors } = report!;
      t.diagnostic(`${requests} requests, ${drift} bytes of ${before} more; ${errors}`);
      assert.ok(requests > 100 * OVERLOAD_SECONDS, `${requests} requests`);
      assert.ok(drift <= PAGE, `${drift} bytes`);
      await requireAllPlaces(site);
      const calm = await load(site, { host: GUEST, clients: 32, seconds: 2 });
      assert.equal(calm.errors, "");
    });
  },
);

/** A chunk of 4096 that were in use is not given back. */
const LOST_CHUNKS: Weakening = [
  "memory/byte-queue.ts",
  [
    "    this.head = giveChunks(this.head, done);\n",
    "    this.head = (++given & 4095) != 0 ? giveChunks(this.head, done) : load<usize>(linkOf(this.head));\n",
  ],
  ["@final\n", "let given: u32 = 0;\n@final\n"],
];
/** Each connection keeps 16 bytes for ever. */
const KEPT_BYTES: Weakening = [
  "http/connections.ts",
  [
    "  connection.provider = provider;\n",
    "  connection.provider = provider;\n  store<u64>((kept += 16), 1);\n",
  ],
  ["let connections: Pool", "let kept: usize = memory.data(1 << 21);\nlet connections: Pool"],
];

test("control: a chunk of 4096 that is lost is seen", { skip }, async (t) => {
  await warmed({ ...MACHINE, weakening: LOST_CHUNKS }, async (site) => {
    const work = async (): Promise<void> => void (await load(site, { ...CROWD, seconds: 2 }));
    const { drift } = await driftOf(site, work);
    t.diagnostic(`${drift} bytes more`);
    assert.ok(drift > PAGE, `${drift} bytes`);
  });
});

test("control: sixteen bytes a connection are seen", { skip }, async (t) => {
  await warmed({ ...MACHINE, weakening: KEPT_BYTES }, async (site) => {
    const work = async (): Promise<void> => void (await connect(site, CONTROL_CONNECTIONS, [GUEST]));
    const { drift } = await driftOf(site, work);
    t.diagnostic(`${drift} bytes more`);
    assert.ok(drift > PAGE, `${drift} bytes`);
  });
});

test("control: places that are not given back are missed", { skip }, async () => {
  await Site.use(MACHINE, async (site) => {
    await site.peer.call("hold", { host: GUEST, port: 7, count: PLACES - PLACES_TO_HOLD + 8 });
    await assert.rejects(requireAllPlaces(site));
  });
});
