/**
 * The gateway's stack: the kernel's network, composed with Node in the place of an app.
 *
 * A kernel's root (`image/kernel-source.ts`) joins services to an app's compartment; this one joins the same
 * modules to the events and calls of `gateway/stack.ts`. Its turn is a kernel's turn.
 *
 * Tests: src/gateway/gateway.test.ts
 */
import { find, findNumber, startConfiguration, valueLength, valuePointer } from "../../kernel/configuration";
import { chunksInUse, DEFAULT_CHUNKS, startChunks } from "../../kernel/memory/chunk";
import { reserve } from "../../kernel/memory/arena";
import * as entropy from "../../kernel/entropy/service";
import { startServer } from "../../kernel/net/dhcp/server";
import { localAddress } from "../../kernel/net/ip/address";
import { usePlatformDevice } from "../../kernel/net/ip/platform-device";
import * as ip from "../../kernel/net/ip/service";
import * as ip6 from "../../kernel/net/ip6/service";
import { provider } from "../../kernel/net/tcp/provider";
import { answer as answerStream, refuse as refuseStream } from "../../kernel/net/tcp/streams";
import * as tcp from "../../kernel/net/tcp/service";
import * as udp from "../../kernel/net/udp/service";
import { parseIpv4Network } from "../../kernel/net/wire/ipv4-text";
import { now, startTurn } from "../../kernel/time/clock";
import { expire, nextDeadline } from "../../kernel/time/wheel";
import { sendTo, startDatagrams } from "./datagrams";
import { tell } from "./errors";
import { connectStream, handleOf, startStreams } from "./streams";

/** Rounds of polling before Node gets its turn. */
const ROUND_LIMIT: u32 = 16;

/** Where Node puts the bytes it writes and sends: as much as it reads from a socket at once. */
const SCRATCH_SIZE: u32 = 0x10000;
let scratchAt: usize = 0;

export function start(): void {
  startConfiguration();
  startTurn();
  startChunks(findNumber("memory.chunks", DEFAULT_CHUNKS));
  scratchAt = reserve(SCRATCH_SIZE);
  entropy.start();
  usePlatformDevice();
  ip.start();
  ip6.start();
  udp.start();
  tcp.start();
  startDatagrams();
  startStreams();
  offerLease();
}

/** `net.guest=10.0.2.15/24`: the one lease; this machine is its router and name server. */
function offerLease(): void {
  if (!find("net.guest")) return;
  const network = parseIpv4Network(valuePointer, valueLength);
  if (network >= 0) startServer(<u32>network, <u32>(network >> 32), localAddress(), localAddress());
}

/** Time has passed: called before the first call of a round, so that timers count from now. */
export function begin(): void {
  startTurn();
}

export function turn(): i64 {
  startTurn();
  for (let round: u32 = 0; round < ROUND_LIMIT; round++) {
    expire(now());
    const worked = ip.poll() | tcp.poll();
    tcp.flush();
    if (!worked) return nextDeadline();
  }
  return now();
}

export function scratch(): usize {
  return scratchAt;
}

export function scratchSize(): u32 {
  return SCRATCH_SIZE;
}

export { chunksInUse };

/** A stream's number, or 0. */
export function connect(high: u64, low: u64, port: u32): u32 {
  return connectStream(high, low, port);
}

/** Writes from the scratch buffer: how many bytes were taken. */
export function write(stream: u32, length: u32): u32 {
  return provider.write(handleOf(stream), scratchAt, length);
}

/** Answers a stream that the guest has asked for. */
export function answer(stream: u32): void {
  answerStream(handleOf(stream));
}

/** Refuses it, as nobody listens there. `abort` leaves the guest without a word. */
export function refuse(stream: u32): void {
  refuseStream(handleOf(stream));
}

export function resume(stream: u32): void {
  provider.resume(handleOf(stream));
}

export function shutdown(stream: u32): void {
  provider.shutdown(handleOf(stream));
}

export function abort(stream: u32): void {
  provider.abort(handleOf(stream));
}

/** Sends a datagram from the scratch buffer, in the name of any source: a `Status`. */
export function sendDatagram(
  sourceHigh: u64,
  sourceLow: u64,
  sourcePort: u32,
  high: u64,
  low: u64,
  port: u32,
  length: u32,
): i32 {
  return sendTo(sourceHigh, sourceLow, sourcePort, high, low, port, scratchAt, length);
}

/** The datagram whose first bytes are in the scratch buffer was not delivered: an `Unreachable`. */
export function unreachable(kind: u32, length: u32): void {
  tell(kind, scratchAt, length);
}
