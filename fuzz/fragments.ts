/**
 * Parts of datagrams in any order, overlapping, lying: whatever reaches the transport is what the parts said, each byte
 * once, and comes exactly when a plain model of the rules says so.
 *
 * The input is a list of parts, five bytes each: | id, salt | offset high | offset low | length high | length low, more |.
 */
import { bytes, ethernet, internetChecksum, ip, PEER, u16, type Bytes } from "../tools/frames.ts";
import { STATION } from "../tools/network-bench.ts";
import type { FuzzTarget } from "./target.ts";
import { check, machines, networkRoot, OUR, SERVER } from "./network-target.ts";

const PART_SIZE = 5;
const PARTS_LIMIT = 64;
const LONGEST_DATAGRAM = 8192;
const SHORTEST_PART = 256;
/** Longer than a datagram is remembered. */
const FORGET_MS = 31_000;
const PROTOCOL = 253;

const EXTRA = `
import { network } from "../ip/network";
import { Flow, Transport } from "../layer";
declare function heard(pointer: usize, length: u32): void;
class Recorder extends Transport {
  receive(flow: Flow, pointer: usize, length: u32): void { heard(pointer, length); }
  unreachable(flow: Flow, pointer: usize, length: u32, mtu: u32): void {}
}
network().register(${PROTOCOL}, new Recorder());
`;

let heard: Bytes[] = [];
let memory: () => Uint8Array;

const next = machines(
  {
    ...networkRoot(["ip"], EXTRA),
    functions: {
      "fuzz.harness": {
        heard: (pointer: number, length: number) =>
          void heard.push(memory().slice(pointer, pointer + length)),
      },
    },
  },
  (bench) => {
    memory = () => new Uint8Array(bench.kernel.memory.buffer);
  },
);

interface Part {
  readonly id: number;
  readonly offset: number;
  readonly data: Bytes;
  readonly more: boolean;
}

function readParts(input: Uint8Array): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at + PART_SIZE <= input.length && parts.length < PARTS_LIMIT; at += PART_SIZE) {
    const [first, offsetHigh, offsetLow, lengthHigh, last] = input.subarray(at, at + PART_SIZE);
    const salt = (first! >> 2) & 1;
    const offset = (((offsetHigh! & 0x1f) << 8) | offsetLow!) * 8;
    const length = Math.min(((lengthHigh! & 7) << 8) | (last! & 0xfe), 1480);
    const data = Uint8Array.from({ length }, (_, index) => (offset + index) * 31 + salt);
    parts.push({ id: first! & 3, offset, data, more: (last! & 1) === 1 });
  }
  return parts;
}

function frameOf({ id, offset, data, more }: Part): Bytes {
  const fragment = (more ? 0x2000 : 0) | (offset / 8);
  const ends = bytes(ip(SERVER), ip(OUR));
  const header = bytes(0x45, 0, u16(20 + data.length), u16(id), u16(fragment), 64, PROTOCOL, 0, 0, ends);
  header.set(u16(internetChecksum(header)), 10);
  return ethernet(STATION, PEER, 0x0800, bytes(header, data));
}

/** One datagram as the rules have it, byte by byte. */
class Model {
  readonly known = new Map<number, number>();
  readonly parts: Part[] = [];
  total: number | undefined;
  spoiled = false;

  /** The whole datagram when `part` completes it. */
  add(part: Part): Bytes | undefined {
    if (this.spoiled) return undefined;
    const end = part.offset + part.data.length;
    if (this.contradicts(part, end)) {
      this.spoiled = true;
      return undefined;
    }
    part.data.forEach((byte, index) => this.known.set(part.offset + index, byte));
    this.parts.push(part);
    if (!part.more) this.total = end;
    if (this.total === undefined || this.known.size !== this.total) return undefined;
    return Uint8Array.from({ length: this.total }, (_, index) => this.known.get(index)!);
  }

  private contradicts(part: Part, end: number): boolean {
    const ends = this.parts.map((each) => each.offset + each.data.length);
    if (end > LONGEST_DATAGRAM) return true;
    if (this.total !== undefined && (part.more ? end >= this.total : end !== this.total)) return true;
    if (!part.more && ends.some((each) => each > end)) return true;
    const known = [...part.data.keys()].filter((index) => this.known.has(part.offset + index));
    if (known.length === 0) return false;
    return (
      known.length !== part.data.length ||
      known.some((index) => this.known.get(part.offset + index) !== part.data[index])
    );
  }
}

function isAcceptable({ data, more, offset }: Part): boolean {
  if (data.length === 0) return false;
  if (!more) return offset > 0;
  return data.length >= SHORTEST_PART && data.length % 8 === 0;
}

const part = (id: number, offset: number, length: number, more: boolean, salt = 0) => [
  id | (salt << 2),
  offset >> 11,
  (offset >> 3) & 255,
  length >> 8,
  (length & 0xfe) | Number(more),
];

export const target: FuzzTarget = {
  name: "fragments",
  corpus: [
    Uint8Array.from([...part(1, 0, 512, true), ...part(1, 512, 8, false)]),
    Uint8Array.from([...part(1, 512, 8, false), ...part(2, 0, 1480, true), ...part(1, 0, 512, true)]),
    Uint8Array.from([...part(1, 0, 512, true), ...part(1, 256, 512, true, 1), ...part(1, 768, 8, false)]),
    Uint8Array.from([...part(0, 0, 1024, true), ...part(0, 0, 1024, true), ...part(0, 1024, 100, false)]),
    Uint8Array.from([...part(3, 8000, 600, false), ...part(3, 0, 256, true), ...part(3, 65528, 1480, false)]),
  ],
  async run(input) {
    const machine = await next();
    const models = new Map<number, Model>();
    heard = [];
    const expected: Bytes[] = [];
    for (const each of readParts(input)) {
      if (!each.more && each.offset === 0) continue; // no part but a datagram
      if (isAcceptable(each)) {
        const model = models.get(each.id) ?? new Model();
        models.set(each.id, model);
        const whole = model.add(each);
        if (whole !== undefined) {
          expected.push(whole);
          models.delete(each.id);
        }
      }
      check(machine, machine.bench.exchange(frameOf(each)));
    }
    machine.bench.pass(FORGET_MS);
    const text = (list: Bytes[]) => list.map((whole) => Buffer.from(whole).toString("hex")).join("\n");
    if (text(heard) !== text(expected)) {
      throw new Error(`${heard.length} datagrams came, ${expected.length} should have`);
    }
  },
};
