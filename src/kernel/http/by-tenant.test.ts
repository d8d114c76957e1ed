/** What one tenant, or a stranger who makes tenants up, may take from others. Whole images: tests/security/image-tenants.test.ts. */
import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { HttpBench, type Peer } from "../../../tools/http-bench.ts";

const COMPARTMENTS = 16;
const TRIAL = COMPARTMENTS / 8;
/** Connections of the server. */
const PLACES = 4096;

const get = (tenant: string): string => `GET / HTTP/1.1\r\nHost: a\r\nx-tenant: ${tenant}\r\n\r\n`;

function weakened(file: string, from: string, to: string): Record<string, string> {
  const text = readFileSync(path.join(import.meta.dirname, file), "utf8");
  assert.ok(text.includes(from), `${file} has no "${from}": the control no longer controls`);
  return { [`http/${file}`]: text.replace(from, to) };
}

interface Served {
  readonly bench: HttpBench;
  /** Asks as a tenant, whose app answers with this status: the compartment, and whether it was made for it. */
  ask(tenant: string, status?: number): { compartment: number; isFresh: boolean };
}

async function served(virtualFiles: Record<string, string> = {}): Promise<Served> {
  let status = 200;
  const app = { start: () => {}, request: (id: number) => void bench.respond(id, status, "") };
  const bench = await HttpBench.start(app, 4096, virtualFiles);
  bench.kernel.startTenants(COMPARTMENTS);
  const ask = (tenant: string, answer = 200): { compartment: number; isFresh: boolean } => {
    status = answer;
    const before = bench.entered.length;
    const peer = bench.connect().send(get(tenant));
    assert.match(peer.take(), new RegExp(`^HTTP/1.1 ${answer} `));
    peer.finish();
    const isFresh = bench.entered.slice(before).some((entry) => entry.startsWith("start"));
    return { compartment: bench.compartments.at(-1)!, isFresh };
  };
  return { bench, ask };
}

/**
 * How many of as many tenants as there are compartments have another one after a thousand strangers were answered `status`;
 * 0: they were not answered yet.
 */
async function displaced(status: number, virtualFiles: Record<string, string> = {}): Promise<number> {
  const { bench, ask } = await served(virtualFiles);
  const tenants = Array.from({ length: COMPARTMENTS }, (_, index) => `tenant-${index}`);
  const homes = tenants.map((tenant) => ask(tenant).compartment);
  const answering = bench.app;
  if (status === 0) bench.app = { start: () => {}, request: () => {} };
  const renewed = new Set<number>();
  for (let count = 0; count < 1000; count++) {
    const before = bench.entered.length;
    if (status === 0) bench.connect().send(get(`stranger-${count}`));
    else ask(`stranger-${count}`, status);
    for (let at = before; at < bench.entered.length; at++) renewed.add(bench.compartments[at]!);
  }
  bench.app = answering;
  return homes.filter((home) => renewed.has(home)).length;
}

test("strangers whom the app does not know displace a small part of those it knows, however many they are", async () => {
  assert.equal(await displaced(404), 1);
  assert.equal(await displaced(0), TRIAL, "while they are not answered, their share");
  const without = weakened("tenant-table.ts", "TRIAL_SHARE: u32 = 8", "TRIAL_SHARE: u32 = 1");
  assert.equal(await displaced(0, without), COMPARTMENTS, "control: without a share, all");
  const unjudged = weakened("tenant-table.ts", "tenant.isKnown = false", "tenant.isKnown = true");
  assert.equal(await displaced(404, unjudged), COMPARTMENTS, "control: where nobody is on trial, all");
  assert.equal(await displaced(200), COMPARTMENTS, "an app that serves everybody knows everybody");
});

test("places that nobody has had are anybody's, and who was answered keeps its own", async () => {
  const { ask } = await served();
  const homes = ["ann", "bob"].map((tenant) => ask(tenant).compartment);
  for (let count = 0; count < 200; count++) ask(`stranger-${count}`, 404);
  assert.deepEqual(
    ["ann", "bob"].map((tenant) => ask(tenant)),
    homes.map((compartment) => ({ compartment, isFresh: false })),
  );
});

test("one on trial that its app then serves is known from then on", async () => {
  const { ask } = await served();
  for (let count = 0; count < COMPARTMENTS; count++) ask(`stranger-${count}`, 404);
  ask("ann", 404);
  const home = ask("ann").compartment;
  for (let count = 0; count < 200; count++) ask(`other-${count}`, 404);
  assert.deepEqual(ask("ann"), { compartment: home, isFresh: false });
});

/** A tenant whose app leaves all its requests open: how many it could have, and what another one then hears. */
async function hoards(virtualFiles: Record<string, string> = {}): Promise<{ had: number; other: string }> {
  const { bench } = await served(virtualFiles);
  bench.app = { start: () => {}, request: () => {} };
  const peers: Peer[] = [];
  for (let count = 0; count < PLACES; count++) peers.push(bench.connect().send(get("eve")));
  const had = peers.filter((peer) => !peer.closed && peer.take() === "").length;
  for (const peer of peers) if (peer.shut) peer.finish();
  bench.app = { start: () => {}, request: (id) => void bench.respond(id, 200, "") };
  return { had, other: bench.connect().send(get("ann")).take().slice(0, 12) };
}

test("a tenant that leaves its requests open has half of all connections, and others are served", async () => {
  assert.deepEqual(await hoards(), { had: PLACES / 2, other: "HTTP/1.1 200" });
  const without = weakened("by-tenant.ts", "stateOf(who).open >= places - placesTaken", "false");
  assert.deepEqual(await hoards(without), { had: PLACES, other: "" }, "control: all of them, and nobody is");
});

/** A tenant with so many requests whose answers of 60,000 bytes nobody takes: how many chunks are in use. */
async function answersNobodyTakes(virtualFiles: Record<string, string> = {}): Promise<number> {
  const { bench } = await served(virtualFiles);
  const body = "x".repeat(60_000);
  bench.app = { start: () => {}, request: (id) => void ids.push(id) };
  const ids: number[] = [];
  for (let count = 0; count < 400; count++) bench.connect(100).send(get("eve"));
  for (const id of ids) bench.respond(id, 200, "", body);
  return bench.inUse().chunks;
}

test("answers that nobody takes fill no more than a part of all bytes, however many a tenant has", async () => {
  const had = await answersNobodyTakes();
  assert.ok(had < 2600, `${had} of 4096 chunks`);
  const without = weakened("exchange.ts", " / sharers(connection.compartment)", "");
  const control = await answersNobodyTakes(without);
  assert.ok(control > 4000, `control: all of them, ${control}`);
});
