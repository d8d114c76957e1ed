/**
 * Two machines that send each other a stream over a simulated cable, each checking what comes: whole transfers for
 * tests that look at loss, speed and what is left behind.
 */
import assert from "node:assert/strict";
import os from "node:os";
import path from "node:path";
import { appendFileSync, writeFileSync } from "node:fs";
import { compileCached } from "../../../../tools/assembly-test.ts";
import { fault, type Faults } from "../../../link/fault.ts";
import { pcap } from "../../../link/pcap.ts";
import { seededRandom } from "../../../link/random.ts";
import { Simulator, type CableOptions, type Machine } from "../../../link/simulator.ts";

/** A machine whose app sends a stream made from its own seed and checks that what comes is the other's. */
const HARNESS = `
import { startConfiguration } from "../../configuration";
import { startChunks, chunksInUse } from "../../memory/chunk";
import { reserve } from "../../memory/arena";
import { now, startTurn } from "../../time/clock";
import { arm, expire, nextDeadline, Timer, TimerOwner } from "../../time/wheel";
import { StreamOwner, StreamProvider } from "../../stream/stream";
import { CloseReason } from "../../../abi/status";
import { mapIpv4 } from "../layer";
import { usePlatformDevice } from "../ip/platform-device";
import * as ip from "../ip/service";
import { network } from "../ip/network";
import { startTcp } from "./transport";
import { flush, poll } from "./turn";
import { provider } from "./provider";
import { connect as connectTcp, listen as listenTcp } from "./streams";
import { connectionCount } from "./table";
import { Connection } from "./connection";

let total: u32 = 0;
let expected: u32 = 0;
let mine: usize = 0;
let theirs: usize = 0;
let handle: usize = 0;
let sentBytes: u32 = 0;
let takenBytes: u32 = 0;
let wrong: bool = false;
let peerFinished: bool = false;
let reason: i32 = -1;
let sloth: u32 = 0;
let draws: u32 = 1;
const pause: Timer = changetype<Timer>(memory.data(64, 8));

class Pause extends TimerOwner { expired(_timer: Timer): void { if (handle != 0) provider.resume(handle); } }

class App extends StreamOwner {
  opened(_provider: StreamProvider, given: usize): usize { handle = given; pump(); return given; }
  connected(_user: usize): void { pump(); }
  received(_user: usize, pointer: usize, length: u32): u32 {
    const count = appetite(length);
    if (takenBytes + count > expected || memory.compare(theirs + takenBytes, pointer, count) != 0) wrong = true;
    takenBytes += count;
    return count;
  }
  writable(_user: usize): void { pump(); }
  finished(_user: usize): void { peerFinished = true; }
  closed(_user: usize, why: CloseReason): void { handle = 0; reason = <i32>why; }
}
/** A slothful app takes a part now and then, and comes back for the rest later. */
function appetite(length: u32): u32 {
  draws = draws * 1664525 + 1013904223;
  if (sloth == 0 || (draws >> 16) % sloth != 0) return length;
  arm(pause, now() + 20_000_000);
  return length / 2;
}
function pump(): void {
  while (sentBytes < total) {
    const wanted = min<u32>(total - sentBytes, 10_000);
    const taken = provider.write(handle, mine + sentBytes, wanted);
    sentBytes += taken;
    if (taken < wanted) return;
  }
  provider.shutdown(handle);
}
function stream(seed: u32, length: u32): usize {
  const bytes = reserve(length + 4);
  for (let at: u32 = 0; at < length; at += 4) {
    seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5;
    store<u32>(bytes + at, seed);
  }
  return bytes;
}
const app = new App();
export function start(): void {
  pause.owner = new Pause();
  startConfiguration();
  startChunks(1024);
  startTurn();
  usePlatformDevice();
  ip.start();
  startTcp(network(), 16);
}
export function prepare(length: u32, theirLength: u32, mySeed: u32, theirSeed: u32, laziness: u32): void {
  total = length; expected = theirLength; sloth = laziness; draws = mySeed;
  mine = stream(mySeed, length);
  theirs = stream(theirSeed, theirLength);
}
export function listen(port: u32): void { listenTcp(<u16>port, app); }
export function connect(address: u32, port: u32): void { startTurn(); handle = connectTcp(0, mapIpv4(address), <u16>port, app, 1); }
export function turn(): i64 {
  startTurn();
  expire(now());
  for (let round = 0; round < 100; round++) {
    const worked = ip.poll();
    if (!poll() && !worked) break;
  }
  flush();
  return nextDeadline();
}
export function done(): bool { return wrong || reason >= 0; }
export function complete(): bool { return !wrong && reason == 0 && peerFinished && takenBytes == expected && sentBytes == total; }
export function why(): i32 { return reason; }
export function taken(): u32 { return takenBytes; }
export function isWrong(): bool { return wrong; }
export { chunksInUse, connectionCount };
`;

export const MEGABYTE = 1 << 20;
const SECOND = 1_000_000_000n;
const LISTENER = 0x0a000001;

export interface Run {
  readonly seed: number;
  readonly bytes?: number;
  /** From the server to the client; as many unless said. */
  readonly answerBytes?: number;
  readonly faults?: Faults;
  readonly cable?: CableOptions;
  readonly sloth?: number;
  /** The client sends another stream than the server expects. */
  readonly forged?: boolean;
  /** Where to write the listener's frames. */
  readonly pcapFile?: string;
}

export interface Outcome {
  readonly seconds: number;
  readonly frames: number;
  readonly trace: number;
}

let compiled: Promise<WebAssembly.Module> | undefined;

function kernelModule(): Promise<WebAssembly.Module> {
  compiled ??= compileCached("net/tcp/transfer.harness.ts", HARNESS).then(
    (wasm) => new WebAssembly.Module(wasm as BufferSource),
  );
  return compiled;
}

type Call = (...values: number[]) => number;
const call = (machine: Machine, name: string, ...values: number[]): number =>
  (machine.exports[name] as unknown as Call)(...values);

/** One whole transfer; one that fails runs once more, the same to the frame, and leaves a pcap. */
export async function transfer(run: Run): Promise<Outcome> {
  try {
    return await attempt(run);
  } catch (error) {
    const pcapFile = path.join(os.tmpdir(), `skerry-transfer-${run.seed}.pcap`);
    writeFileSync(pcapFile, "");
    await attempt({ ...run, pcapFile }).catch(() => {});
    throw new Error(`${(error as Error).message}; frames in ${pcapFile}`);
  }
}

/** Both ways at once; fails unless every byte arrives and nothing is left behind. */
export async function attempt(run: Run): Promise<Outcome> {
  const module = await kernelModule();
  const simulator = new Simulator();
  const random = seededRandom(run.seed);
  const ends = simulator.cable(run.cable ?? { delayNs: 2_000_000n, bitsPerSecond: 1e9 });
  let frames = 0;
  let trace = 0;
  const machines = ends.map((plain, index) => {
    const file = index === 0 ? run.pcapFile : undefined;
    const end =
      file === undefined
        ? plain
        : pcap(
            plain,
            (bytes) => appendFileSync(file, bytes),
            () => simulator.now(),
          );
    const bad = fault(end, run.faults ?? {}, random, simulator);
    const counted = {
      ...bad,
      send(frame: Uint8Array) {
        frames++;
        trace = (Math.imul(trace, 31) + frame.length + Number(simulator.now() & 0xffffn)) | 0;
        return bad.send(frame);
      },
    };
    return simulator.machine(module, {
      device: counted,
      configuration: `net.address=10.0.0.${index + 1}/24\nnet.allow=10.0.0.1:7\n`,
      hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, index + 1),
      seed: run.seed * 2 + index,
    });
  });
  const [server, client] = machines as [Machine, Machine];
  const bytes = run.bytes ?? MEGABYTE;
  const started = simulator.now();
  const answer = run.answerBytes ?? bytes;
  call(server, "prepare", answer, bytes, 0x1000 + run.seed, 0x2000 + run.seed, run.sloth ?? 0);
  call(
    client,
    "prepare",
    bytes,
    answer,
    (run.forged === true ? 0x3000 : 0x2000) + run.seed,
    0x1000 + run.seed,
    run.sloth ?? 0,
  );
  call(server, "listen", 7);
  simulator.after(1_000_000n, () => {
    call(client, "connect", LISTENER, 7);
    client.wake();
  });
  simulator.run(() => machines.every((machine) => call(machine, "done") !== 0), 900n * SECOND);
  const seconds = Number(simulator.now() - started) / 1e9;
  for (const machine of machines) {
    const state = ["isWrong", "why", "taken"].map((name) => call(machine, name)).join(" ");
    assert.ok(call(machine, "complete"), `seed ${run.seed}: ${state} after ${seconds} s`);
  }
  simulator.run(() => machines.every((machine) => call(machine, "connectionCount") === 0), 300n * SECOND);
  for (const machine of machines) {
    assert.equal(call(machine, "chunksInUse"), 0, `seed ${run.seed}: chunks are left`);
    assert.equal(call(machine, "connectionCount"), 0, `seed ${run.seed}: connections are left`);
  }
  return { seconds, frames, trace };
}
