/**
 * Segments nobody should send, into a stack that listens, opens and has open connections: nothing traps, and once
 * all is over nothing is held.
 *
 * An input is a list of steps, each a byte for the kind and its arguments; segments have right checksums and
 * numbers near the ones in use, or nothing would come past the first check.
 */
import path from "node:path";
import assert from "node:assert/strict";
import { Bench, encode, PEER, u32, type Segment } from "../src/kernel/net/tcp/bench.harness.ts";
import type { FuzzTarget } from "./target.ts";

const STEP_LIMIT = 200;
const PORTS = 4;
const LISTENING = 80;
const HOUR_MS = 3_600_000;

/** What the fuzzer knows of one flow: the numbers that the stack would accept. */
interface FlowState {
  seq: number;
  ack: number;
  local: number;
  /** The clock in its time stamps. */
  clock: number;
}

class Reader {
  #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  /** Mostly near zero, sometimes far. */
  distance(): number {
    const value = this.byte();
    if (value < 128) return value - 16;
    return value < 192 ? (value - 160) * 1460 : (value - 224) * 0x0400_0000;
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}

/** Options as they come, or such as the stack looks at: a SYN's offer, time stamps, selective acknowledgments. */
function options(reader: Reader, flow: FlowState): number[] {
  const choice = reader.byte();
  const offer = [2, 4, 5, 0xb4, 4, 2, 1, 1, 3, 3, choice & 15, 0];
  const stamps = [1, 1, 8, 10, ...word(flow.clock++ + (choice & 3)), ...word(reader.byte() << 24)];
  switch (choice >> 4) {
    case 1:
      return offer;
    case 2:
      return [...stamps, ...offer];
    case 3:
      return stamps;
    case 4:
      return [...stamps, ...selective(reader, flow, choice & 3)];
    case 5:
      return selective(reader, flow, choice & 3);
    default:
      return [...reader.take((choice & 3) * 4)];
  }
}

function selective(reader: Reader, flow: FlowState, count: number): number[] {
  const edges = Array.from({ length: 2 * count }, () => word(flow.ack + reader.distance()));
  return [1, 1, 5, 2 + 8 * count, ...edges.flat()];
}

function word(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}

class Session {
  readonly bench: Bench;
  readonly flows: FlowState[];
  #appetite = 255;
  /** The owner's words for connections that live, and their handles. */
  #live = new Map<number, number>();
  #asked = 0;

  constructor(bench: Bench) {
    this.bench = bench;
    this.flows = Array.from({ length: PORTS }, () => ({ seq: 1000, ack: 0, local: LISTENING, clock: 1 }));
    bench.handles.length = 0;
    bench.events.length = 0;
    bench.take = (_handle, bytes) => Math.floor((bytes.length * this.#appetite) / 255);
    const live = this.#live;
    bench.open = (handle) => (live.set(handle, handle), handle);
    bench.onEvent = (name, user) => void (name.startsWith("closed") && live.delete(user));
  }

  step(reader: Reader): void {
    STEPS[reader.byte() % STEPS.length]!(this, reader);
  }

  segment(reader: Reader): void {
    const port = reader.byte() % PORTS;
    const flow = this.flows[port]!;
    const given = {
      flags: reader.byte(),
      seq: u32(flow.seq + reader.distance()),
      ack: u32(flow.ack + reader.distance()),
      window: reader.byte() * 257,
      options: options(reader, flow),
      data: reader.take(reader.byte()),
    };
    while (given.options.length % 4 !== 0) given.options.push(0);
    this.look(this.bench.raw(encode(given, port + 1, flow.local)));
  }

  raw(reader: Reader): void {
    this.look(this.bench.raw(reader.take(reader.byte())));
  }

  connect(reader: Reader): void {
    const port = reader.byte() % PORTS;
    const user = ++this.#asked; // handles are larger
    const connect = () => {
      const handle = this.bench.kernel["connect"](PEER, port + 1, user) as number;
      if (handle !== 0) this.#live.set(user, handle);
    };
    this.look(this.bench.turn(connect));
  }

  appetite(reader: Reader): void {
    this.#appetite = reader.byte();
    for (const handle of this.#live.values()) this.bench.turn(() => this.bench.kernel["resume"](handle));
  }

  /** Something that the owner of a living connection does. */
  act(name: "shutdown" | "abort" | "write", reader: Reader): void {
    const handles = [...this.#live.values()];
    const handle = handles[reader.byte() % Math.max(1, handles.length)];
    if (handle === undefined) return;
    const bytes = name === "write" ? new Uint8Array(reader.byte() * 100) : undefined;
    const work = () =>
      bytes === undefined ? this.bench.kernel[name](handle) : this.bench.write(handle, bytes);
    this.look(this.bench.turn(() => void work()));
  }

  look(segments: readonly Segment[]): void {
    for (const segment of segments) {
      const flow = this.flows[segment.destination - 1];
      if (flow === undefined) continue;
      flow.local = segment.source;
      flow.ack = u32(segment.seq + segment.data.length + (segment.flags & 3 ? 1 : 0));
      if (segment.flags & 16) flow.seq = segment.ack;
    }
  }

  /** Ends everything and waits: nothing may be left. */
  finish(): void {
    this.#appetite = 255;
    for (const handle of [...this.#live.values()]) this.bench.turn(() => this.bench.kernel["abort"](handle));
    for (let count = 0; count < 4; count++) this.bench.advance(HOUR_MS);
    for (let seconds = 0; seconds < 400 && this.bench.kernel["connectionCount"]() > 0; seconds++) {
      this.bench.advance(60_000);
    }
    assert.equal(this.bench.kernel["connectionCount"](), 0, "connections are left");
    assert.equal(this.bench.kernel["chunksInUse"](), 0, "chunks are left");
  }
}

const STEPS: readonly ((session: Session, reader: Reader) => void)[] = [
  (session, reader) => session.segment(reader),
  (session, reader) => session.segment(reader),
  (session, reader) => session.segment(reader),
  (session, reader) => session.raw(reader),
  (session, reader) => session.look(session.bench.advance(reader.byte() ** 2)),
  (session, reader) => session.act("write", reader),
  (session, reader) => session.act("shutdown", reader),
  (session, reader) => session.act("abort", reader),
  (session, reader) => session.connect(reader),
  (session, reader) => session.appetite(reader),
];

/** Each input takes hours of the stack's time, and a clock in ns lasts 292 years. */
const CLOCK_LIMIT = 2n ** 60n;

let shared: Promise<Bench> | undefined;

async function create(): Promise<Bench> {
  const bench = await Bench.create({ chunks: 256, connections: 16 });
  bench.kernel["listen"](LISTENING);
  return bench;
}

export const target: FuzzTarget = {
  name: "tcp",
  corpus: path.join(import.meta.dirname, "corpus/tcp"),
  async run(input) {
    shared ??= create();
    let bench = await shared;
    if (bench.time > CLOCK_LIMIT) bench = await (shared = create());
    const size = bench.kernel.memory.buffer.byteLength;
    const session = new Session(bench);
    const reader = new Reader(input);
    try {
      for (let step = 0; step < STEP_LIMIT && !reader.done; step++) session.step(reader);
      session.finish();
      assert.equal(bench.kernel.memory.buffer.byteLength, size, "memory grows");
    } catch (error) {
      shared = undefined; // what broke must not break the next input
      throw error;
    }
  },
};
