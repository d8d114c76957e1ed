/**
 * Whole conversations with a whole machine, mutated: TCP with HTTP on it in both directions, UDP, DNS, DHCP, ARP, neighbour
 * discovery, ICMP, fragments, over both versions of IP, mixed as the input says. The peer knows the state of each, so that
 * what is mutated comes past the first check; lengths and checksums are mended, or nearly nothing would.
 *
 * Holds: the kernel never traps, memory stays where it is, whatever leaves is well-formed and in the machine's own name, it
 * asks for no connection that the app did not ask for, and when all is over nothing is held.
 */
import { createBench, serviceRoot, STATION, type Bench } from "../tools/network-bench.ts";
import { bytes, internetChecksum, ip, ipText, read16, u16, type Bytes } from "../tools/frames.ts";
import { checksum6, ip6, ip6Text } from "../tools/frames6.ts";
import { fragments, HOST, HOST6, Peer, type Flow } from "./conversation-peer.ts";
import { SEEDS } from "./conversation-seeds.ts";
import type { FuzzTarget } from "./target.ts";

const SOURCE = serviceRoot(
  ["ip", "ip6", "udp", "dhcp", "tcp", "dns"],
  `
import * as http from "../../http/service";
import { connectionCount } from "../tcp/table";
export function prepare(): void {
  http.start();
  http.listen(80);
  udp.bind(7000);
}
export { connectionCount };
export { read, respond } from "../../http/service";
export { receive, send } from "../udp/service";
export { resolve } from "../dns/service";
export { connect, write, abort, shutdown } from "../tcp/service";
`,
);
const GRANTS = "net.allow=*:*\n";
const FIXED =
  "net.address=10.0.2.15/24\nnet.gateway=10.0.2.2\nnet.dns=10.0.2.2\nnet.address6=2001:db8::15/64\n";
const CONFIGURATIONS = [
  `${FIXED}net.gateway6=${HOST6}\ntcp.connections=24\n${GRANTS}`,
  `net.address6=auto\ntcp.connections=24\n${GRANTS}`,
];
/** Entries of the app. */
const [TCP_ACCEPTED, TCP_CONNECTED, UDP_READABLE, HTTP_REQUEST, HTTP_READABLE] = [3, 4, 9, 11, 12];
const END = -5;
const STEP_LIMIT = 60;
const INPUTS_PER_MACHINE = 2000;
const HOUR_MS = 3_600_000;
const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];

const REQUEST = Buffer.from(
  "POST /path?query HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nX: 1\r\n\r\nhello",
);
const CHUNKS = Buffer.from(
  "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n",
);

class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(from: Uint8Array) {
    this.#bytes = from;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  below(limit: number): number {
    return this.byte() % limit;
  }
}

export interface Machine {
  readonly bench: Bench;
  readonly memoryBytes: number;
  /** Connections that the app asked for. */
  readonly asked: number[];
  /** Requests that it has neither read nor answered. */
  readonly waiting: number[];
}

export async function createMachine(
  configuration: string,
  virtualFiles?: Readonly<Record<string, string>>,
): Promise<Machine> {
  const asked: number[] = [];
  const waiting: number[] = [];
  const bench = await createBench({
    name: "net/ip/conversation.harness.ts",
    source: SOURCE,
    configuration,
    ...(virtualFiles === undefined ? {} : { virtualFiles }),
    onEnter: (entry, id) => enter(bench, waiting, entry, id),
  });
  bench.kernel["prepare"]();
  return { bench, memoryBytes: bench.kernel.memory.buffer.byteLength, asked, waiting };
}

/** Of a connection's requests, every other one waits: nobody takes what comes of it. */
const WAITS = 2;
/** Of a request's id: what differs from one request of a connection to the next. */
const GENERATION_SHIFT = 12;

/** The app: answers requests when they are whole, writes where it is connected, sends datagrams back. */
function enter({ kernel, appMemory }: Bench, waiting: number[], entry: number, id: number): void {
  if (entry === HTTP_REQUEST && (id >> GENERATION_SHIFT) % WAITS === 0) waiting.push(id);
  else if (entry === HTTP_REQUEST || entry === HTTP_READABLE) {
    let taken: number;
    do taken = kernel["read"](id, 4096, 4096) as number;
    while (taken > 0);
    if (taken === END) kernel["respond"](id, 200, 0, 0, 1024, 600);
  }
  if (entry === TCP_ACCEPTED || entry === TCP_CONNECTED) kernel["write"](id, 1024, 3000);
  if (entry !== UDP_READABLE) return;
  const length = kernel["receive"](id, 0, 18, 1024, 2048) as number;
  if (length >= 0) kernel["send"](id, 0, 16, read16(appMemory, 16), 1024, length);
}

type Step = (session: Session, input: Input) => Bytes | readonly Bytes[] | undefined;

class Session {
  readonly machine: Machine;
  readonly peer = new Peer();
  /** The last frame of each version that the machine sent. */
  readonly last: { 4?: Bytes; 6?: Bytes } = {};

  constructor(machine: Machine) {
    this.machine = machine;
  }

  step(input: Input): void {
    const made = STEPS[input.below(STEPS.length)]!(this, input);
    const frames = made === undefined ? [] : Array.isArray(made) ? (made as Bytes[]) : [made as Bytes];
    const changes = input.byte();
    const sent = frames.map((frame) => (changes < 96 ? frame : mutated(frame, changes & 7, input)));
    this.take(this.machine.bench.exchange(...sent));
  }

  flow(input: Input): Flow | undefined {
    return this.peer.flows[input.below(Math.max(1, this.peer.flows.length))];
  }

  take(sent: readonly Bytes[]): void {
    if (this.machine.bench.kernel.memory.buffer.byteLength !== this.machine.memoryBytes) {
      throw new Error("memory has grown after start");
    }
    for (const frame of sent) {
      check(frame, this.machine.asked);
      this.peer.hear(frame);
      this.last[read16(frame, 12) === 0x0800 ? 4 : 6] = frame;
    }
  }

  /** Lets go of all: nothing may be held. */
  finish(): void {
    const { bench, asked, waiting } = this.machine;
    for (const id of asked.splice(0)) bench.kernel["abort"](id);
    for (const id of waiting.splice(0)) bench.kernel["respond"](id, 200, 0, 0, 1024, 600);
    for (let count = 0; count < 6; count++) this.take(bench.pass(HOUR_MS / 4));
    for (let count = 0; count < 60 && bench.kernel["connectionCount"]() > 0; count++) bench.pass(60_000);
    if (bench.kernel["connectionCount"]() > 0) throw new Error("connections are left");
    // Frames wait for neighbours that will not answer; they are let go with the last question.
    for (let count = 0; count < 20 && bench.kernel["chunksInUse"]() > 0; count++) bench.pass(1000);
    if (bench.kernel["chunksInUse"]() > 0) throw new Error("chunks are left");
  }
}

/** Each makes what the peer says next; nothing where it has nothing to say. */
const STEPS: readonly Step[] = [
  (session, input) => session.peer.open(input.below(2) === 1, 1000 + input.below(40)),
  (session, input) => said(session, input, REQUEST, PSH | ACK),
  (session, input) => said(session, input, input.below(2) === 1 ? CHUNKS : REQUEST, ACK),
  (session, input) => said(session, input, bytes(), ACK),
  (session, input) =>
    said(session, input, bytes(), [FIN | ACK, RST, RST | ACK, SYN, SYN | ACK, 0][input.below(6)]!),
  (session, input) => ahead(session, input),
  (session, input) => session.peer.answerName(input.below(4), input.below(6) === 5 ? 3 : 0),
  (session, input) => session.peer.answerLease([2, 5, 6][input.below(3)]!, 60 + 16 * input.byte()),
  (session, input) => session.peer.arp(1 + input.below(2), HOST),
  (session, input) => session.peer.discovery(134 + input.below(3)),
  (session, input) =>
    session.peer.datagram(
      input.below(2) === 1,
      [4000 + input.below(4), [7000, 9][input.below(2)]!],
      new Uint8Array(input.byte() * 5),
    ),
  (session, input) => error(session, input),
  (session, input) => parts(session, input),
  (session, input) => void session.take(session.machine.bench.pass(input.byte() ** 2)),
  (session, input) => act(session, input),
  (session, input) => extended(session, input),
];

function said({ peer }: Session, input: Input, whole: Uint8Array, flags: number): Bytes | undefined {
  const flow = peer.flows[input.below(Math.max(1, peer.flows.length))];
  if (flow === undefined) return undefined;
  const from = input.below(whole.length + 1);
  const isCut = input.below(4) === 0;
  return peer.segment(flow, flags, isCut ? whole.slice(from) : whole, options(input, flow));
}

/** What is not next: beyond a gap, or again. */
function ahead({ peer }: Session, input: Input): Bytes | undefined {
  const flow = peer.flows[input.below(Math.max(1, peer.flows.length))];
  if (flow === undefined) return undefined;
  const offset = (input.byte() - 32) * 100;
  return peer.segment(
    flow,
    ACK | input.below(16),
    new Uint8Array(input.byte() * 5),
    options(input, flow),
    offset,
  );
}

function options(input: Input, flow: Flow): number[] {
  const choice = input.byte();
  if (choice < 128) return [];
  const edge = (distance: number) => [24, 16, 8, 0].map((shift) => ((flow.ack + distance) >>> shift) & 255);
  if (choice < 170) return [1, 1, 5, 10, ...edge(100), ...edge(input.byte() * 10)];
  if (choice < 210) return [1, 1, 8, 10, ...edge(0), 0, 0, 0, choice & 3];
  return Array.from({ length: 4 * (choice & 7) }, () => input.byte());
}

/** "Too big", "nobody there", echo, and others, about what was said last. */
function error({ peer, last }: Session, input: Input): Bytes {
  const six = input.below(2) === 1;
  const quoted = (last[six ? 6 : 4] ?? new Uint8Array(80)).slice(14, 14 + 28 + input.below(64));
  const kinds = six
    ? ([
        [1, 4],
        [2, 0],
        [3, 0],
        [128, 0],
      ] as const)
    : ([
        [3, 3],
        [3, 4],
        [11, 0],
        [8, 0],
      ] as const);
  const [type, code] = kinds[input.below(kinds.length)]!;
  return peer.icmp(six, type, code, 500 + 8 * input.byte(), quoted);
}

function parts({ peer }: Session, input: Input): readonly Bytes[] {
  const whole = peer.datagram(false, [4000, 7000], new Uint8Array(200 + 8 * input.byte()));
  const cut = fragments(whole, [256, 512, 8, 264][input.below(4)]!, input.byte());
  const first = input.below(Math.max(1, cut.length));
  return input.below(2) === 1 ? [...cut].reverse() : [...cut.slice(first), ...cut.slice(0, first)];
}

/** IPv6 with headers between: options, a route, a part of a datagram. */
function extended({ peer }: Session, input: Input): Bytes {
  const datagram = peer.datagram(true, [4000, 7000], new Uint8Array(input.byte())).subarray(54);
  const chain: number[][] = [];
  let next = 17;
  for (let count = input.below(5); count > 0; count--) {
    const kind = [0, 60, 43, 44][input.below(4)]!;
    const body = kind === 44 ? [0, 0, input.below(2), 0, 0, 0, input.byte()] : [0, 1, 4, 0, 0, 0, 0];
    chain.unshift([next, ...body]);
    next = kind;
  }
  return peer.packet(true, next, bytes(...chain, datagram));
}

/** What the app does by itself. */
function act({ machine: { bench, asked, waiting } }: Session, input: Input): undefined {
  const { kernel, appMemory } = bench;
  const choice = input.below(5);
  if (choice === 4) {
    const [id] = waiting.splice(input.below(Math.max(1, waiting.length)), 1);
    if (id !== undefined) kernel["respond"](id, 200, 0, 0, 1024, 600);
  } else if (choice === 0) {
    appMemory.set(Buffer.from(`n${input.below(9)}.example`), 0);
    kernel["resolve"](0, 10);
  } else if (choice === 1 && asked.length < 8) {
    const six = input.below(2) === 1;
    appMemory.set(six ? ip6("2001:db8::2") : bytes(new Array<number>(10).fill(0), 255, 255, ip(HOST)), 0);
    const id = kernel["connect"](0, 16, 80) as number;
    if (id >= 0) asked.push(id);
  } else {
    const id = asked[input.below(Math.max(1, asked.length))];
    if (id !== undefined) kernel[choice === 2 ? "shutdown" : "abort"](id);
  }
  return undefined;
}

/** Some bytes set, the frame cut or grown, and lengths and sums right again. */
function mutated(frame: Bytes, count: number, input: Input): Bytes {
  let changed: Bytes = frame.slice();
  for (let change = 0; change <= count; change++) {
    const at = input.below(2) === 1 ? input.byte() : 14 + input.below(60);
    if (at < changed.length) changed[at] = input.byte();
  }
  const cut = input.byte();
  if (cut < 24) changed = changed.slice(0, Math.max(14, changed.length - cut));
  else if (cut < 32) changed = bytes(changed, new Uint8Array(cut));
  return input.below(8) === 0 ? changed : mend(changed);
}

const SUM_AT: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2 };

function mend(frame: Bytes): Bytes {
  const six = read16(frame, 12) === 0x86dd;
  const headerSize = six ? 40 : ((frame[14] ?? 0) & 15) * 4;
  if (frame.length < 14 + Math.max(headerSize, 20)) return frame;
  if (six) frame.set(u16(frame.length - 54), 18);
  else if (read16(frame, 12) === 0x0800) {
    frame.set(u16(frame.length - 14), 16);
    frame.set([0, 0], 24);
    frame.set(u16(internetChecksum(frame.subarray(14, 14 + headerSize))), 24);
  } else return frame;
  const protocol = frame[six ? 20 : 23]!;
  const payload = frame.subarray(14 + headerSize);
  const place = SUM_AT[protocol];
  if (place === undefined || payload.length < place + 2) return frame;
  payload.set([0, 0], place);
  const pseudo = bytes(frame.slice(26, 34), 0, protocol, u16(payload.length));
  const sum = six
    ? checksum6(ip6Text(frame, 22), ip6Text(frame, 38), protocol, payload)
    : internetChecksum(protocol === 1 ? payload : bytes(pseudo, payload));
  payload.set(u16(sum), place);
  return frame;
}

/** What left is well-formed, in the machine's own name, and begins nothing that the app did not. */
function check(frame: Bytes, asked: readonly number[]): void {
  if (frame.length > 1514) throw new Error(`a frame of ${frame.length} bytes`);
  if (!STATION.every((byte, index) => frame[6 + index] === byte)) throw new Error("not from our station");
  const type = read16(frame, 12);
  if (type === 0x0806) return;
  const six = type === 0x86dd;
  const payload = frame.subarray(six ? 54 : 34);
  const protocol = frame[six ? 20 : 23]!;
  if (!six && !["10.0.2.15", "0.0.0.0"].includes(ipText(frame, 26))) throw new Error("in another's name");
  if (six && protocol !== 0 && checksum6(ip6Text(frame, 22), ip6Text(frame, 38), protocol, payload) !== 0) {
    throw new Error("wrong checksum of IPv6");
  }
  const pseudo = bytes(frame.slice(26, 34), 0, protocol, u16(payload.length));
  if (!six && internetChecksum(protocol === 1 ? payload : bytes(pseudo, payload)) !== 0) {
    throw new Error("wrong checksum of IPv4");
  }
  const opens = protocol === 6 && (payload[13]! & (SYN | ACK)) === SYN;
  if (opens && asked.length === 0) throw new Error("a connection that nobody asked for");
}

let machines: Promise<Machine>[] = [];
let inputs = 0;

/** Feeds one input to one machine. */
export function converse(machine: Machine, from: Uint8Array): void {
  const input = new Input(from);
  const session = new Session(machine);
  session.take(machine.bench.pass(1100));
  for (let step = 0; step < STEP_LIMIT && !input.done; step++) session.step(input);
  session.finish();
}

export const target: FuzzTarget = {
  name: "conversation",
  corpus: SEEDS,
  async run(input) {
    if (inputs++ % INPUTS_PER_MACHINE === 0) machines = CONFIGURATIONS.map((text) => createMachine(text));
    const machine = await machines[(input[0] ?? 0) & 1]!;
    try {
      converse(machine, input.subarray(1));
    } catch (error) {
      inputs = 0; // what broke must not break the next input
      throw error;
    }
  },
};
