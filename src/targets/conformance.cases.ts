/**
 * What every target must do, as cases over one starter: run over each of them by conformance.test.ts.
 *
 * A case gets a machine by its app's source, so that a target may prepare images as it needs.
 */
import assert from "node:assert/strict";
import net from "node:net";
import path from "node:path";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { UserError } from "../image/user-error.ts";
import { STOPPED_STATUS, type Machine, type MachineOptions } from "./target.ts";

export interface Bench {
  /** Starts an app by its source: AssemblyScript if it imports `skerry/native`, TypeScript otherwise. */
  start(source: string, options: MachineOptions): Promise<Machine>;
}

type Case = (bench: Bench) => Promise<void>;

const FORWARD = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 };
/** Under emulation a machine takes its time. */
const ANSWER_LIMIT_MS = 60_000;

const EXITS = `
import { exit } from "skerry/native/app";
import { log } from "skerry/native/console";
export function start(): void {
  log("out é €");
  exit(7);
}`;

const SERVER = `
import { listen, StaticResponse } from "skerry/native/http";
const hello = new StaticResponse(200, "content-type: text/plain\\r\\n", "hello, world\\n");
export function start(): void { listen(80); }
export function httpRequest(request: i32): void { hello.send(request); }`;

/** Calls through an array: the compiler puts no function into another's place. */
const TRAPS = `
import { log } from "skerry/native/console";
function fail(): void {
  unreachable();
}
const inner: StaticArray<() => void> = [fail];
function middle(): void {
  inner[0]();
  log("after");
}
const outer: StaticArray<() => void> = [middle];
export function start(): void {
  log("before");
  outer[0]();
  log("after");
}`;

const ABORTS = `
import { log } from "skerry/native/console";
let luck: i32 = 0;
export function start(): void {
  assert(luck > 0, "no such luck");
  log("luck");
}`;

const ECHO = `
export default {
  async fetch(request: Request, env: Record<string, string>): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/env") return new Response(env.MODE);
    if (pathname === "/fail") throw new TypeError("no such luck");
    return new Response(await request.arrayBuffer());
  },
};`;

const LOOPS = `
export default {
  fetch(): Response { for (;;) {} },
};`;

const TIMER = `
console.log("first");
console.error("wrong");
setTimeout(() => console.log("later"), 20);`;

export const CASES: Readonly<Record<string, Case>> = {
  "an app prints and ends with its status": async (bench) => {
    const { machine, text } = await started(bench, EXITS, { forwards: [] });
    assert.equal(await machine.exited, 7);
    assert.deepEqual(text, { 1: "out é €\n", 2: "" });
    await assert.rejects(machine.status());
    await machine.stop();
  },

  "a server answers on the port that is bound for it, and its machine tells its memory": async (bench) => {
    const { machine, url, text } = await started(bench, SERVER);
    assert.notEqual(machine.forwards[0]!.hostPort, 0);
    for (let count = 0; count < 20; count++) assert.equal(await get(url), "hello, world\n");
    for (const [name, value] of Object.entries(await machine.status())) {
      assert.ok(name.endsWith("Bytes") && Number.isInteger(value) && value > 0, name);
    }
    assert.deepEqual(text, { 1: "", 2: "" });
    await machine.stop();
    assert.equal(await machine.exited, STOPPED_STATUS);
    await assert.rejects(fetch(url), "its port is closed");
  },

  "whether a port is listened to can be asked": async (bench) => {
    const server = await started(bench, SERVER);
    assert.deepEqual([await server.machine.answers(80), await server.machine.answers(81)], [true, false]);
    assert.equal(await get(server.url), "hello, world\n");
    await server.machine.stop();
  },

  "two machines at once do not know of each other": async (bench) => {
    const [one, two] = await Promise.all([started(bench, SERVER), started(bench, SERVER)]);
    assert.equal(await get(one.url), "hello, world\n");
    await one.machine.stop();
    assert.equal(await get(two.url), "hello, world\n");
    await two.machine.stop();
  },

  "large bodies pass both ways, and the environment reaches the app": async (bench) => {
    const { machine, url } = await started(bench, ECHO, { environment: { MODE: "a=b é" } });
    assert.equal(await get(`${url}/env`), "a=b é");
    const body = Buffer.alloc(300_000, "0123456789abcdef");
    const answer = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(body));
    const failed = await fetch(`${url}/fail`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    assert.equal(failed.status, 500);
    await machine.stop();
  },

  "timers run, streams are apart, and a program without work ends": async (bench) => {
    const { machine, text } = await started(bench, TIMER, { forwards: [] });
    assert.equal(await machine.exited, 0);
    assert.equal(text[1], "first\nlater\n");
    assert.match(text[2], /^wrong\n/);
  },

  "an app that traps is told with its functions by file and line, and status 134": async (bench) => {
    const { machine, text } = await started(bench, TRAPS, { forwards: [] });
    assert.equal(await machine.exited, 134);
    assert.equal(text[1], "before\n");
    const frames = [...text[2].matchAll(/at \S*?(\w+)(?: \(main\.ts:(\d+):\d+\))?$/gm)];
    // The report and what the kernel says of it may come over two streams, in either order.
    assert.match(text[2], /^the app trapped: unreachable\n/m);
    assert.deepEqual(
      frames.map(([, name, line]) => `${name} ${line}`),
      ["fail 3", "middle 7", "start 13"],
    );
  },

  "an assertion that fails is told in its own words": async (bench) => {
    const { machine, text } = await started(bench, ABORTS, { forwards: [] });
    assert.equal(await machine.exited, 134);
    assert.match(text[2], /the app trapped: no such luck \(main\.ts:4:\d+\)/);
  },

  "a machine in an endless loop can be stopped": async (bench) => {
    const { machine, url } = await started(bench, LOOPS);
    const asked = fetch(url).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await machine.stop();
    assert.equal(await machine.exited, STOPPED_STATUS);
    await asked;
  },

  "a port in use is the user's to mend, and nothing is left running": async (bench) => {
    const holder = net.createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as net.AddressInfo;
    const forwards = [{ ...FORWARD, hostPort: port }];
    await assert.rejects(started(bench, SERVER, { forwards }), isUserError("port-in-use"));
    holder.close();
  },

  "every frame of a request is written to the pcap file": async (bench) => {
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-conformance-"));
    const pcapFile = path.join(folder, "frames.pcap");
    const { machine, url } = await started(bench, SERVER, { pcapFile });
    await get(url);
    await machine.stop();
    const bytes = readFileSync(pcapFile);
    assert.ok(bytes.includes("GET / HTTP/1.1") && bytes.includes("hello, world"));
    await assert.rejects(started(bench, SERVER, { pcapFile: "/no/x" }), isUserError("pcap"));
    rmSync(folder, { recursive: true });
  },

  "a value of the environment is one line, and a grant is well formed": async (bench) => {
    const environment = { EVIL: "x\nnet.address=1.2.3.4/8" };
    await assert.rejects(started(bench, SERVER, { environment }), isUserError("configuration"));
    await assert.rejects(started(bench, SERVER, { outbound: ["nonsense"] }), isUserError("grant"));
  },

  "an environment may be long, and one that does not fit is an error": async (bench) => {
    const LONG = "x".repeat(64_000);
    const { machine, url } = await started(bench, ECHO, { environment: { LONG, MODE: "behind it" } });
    assert.equal(await get(`${url}/env`), "behind it");
    await machine.stop();
    const tooLong = { LONG: `${LONG}${"x".repeat(2000)}` };
    await assert.rejects(started(bench, SERVER, { environment: tooLong }), isUserError("configuration"));
  },
};

async function started(bench: Bench, source: string, more: Partial<MachineOptions> = {}) {
  const text = { 1: "", 2: "" };
  const onConsole = (stream: 1 | 2, piece: string): void => void (text[stream] += piece);
  const options = { forwards: [FORWARD], environment: {}, outbound: [], onConsole, ...more };
  const machine = await bench.start(source, options);
  return { machine, text, url: `http://127.0.0.1:${machine.forwards[0]?.hostPort}` };
}

async function get(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  assert.equal(answer.status, 200);
  return answer.text();
}

const isUserError = (code: string) => (error: unknown) => error instanceof UserError && error.code === code;
