import test, { after } from "node:test";
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { compiledModule } from "../../linker/test-module.ts";
import { compileSource } from "../compartment/compartment-suite.harness.ts";
import { planImage } from "../compartment/plan-image.ts";
import { writeExecutable } from "./executable.ts";
import { linkImageForProcess } from "./image-platform.ts";

/** Sends every frame back, and ends at one of a single byte. Frames of more than 2000 bytes are too long for it. */
const ECHO_KERNEL = `
@external("platform", "netReceive") declare function netReceive(pointer: usize, capacity: u32): u32;
@external("platform", "netTransmit") declare function netTransmit(pointer: usize, length: u32): u32;
@external("platform", "netAddress") declare function netAddress(pointer: usize): u32;
@external("platform", "idle") declare function idle(deadline: i64): void;
@external("platform", "exit") declare function exit(status: i32): void;
const frame = memory.data(2048);
export function start(): void {
  const length = netAddress(frame);
  netTransmit(frame, length * 6);
}
export function run(): void {
  for (;;) {
    const length = netReceive(frame, 2000);
    if (length == 0) {
      idle(i64.MAX_VALUE);
      continue;
    }
    if (length == 1) exit(5);
    while (netTransmit(frame, length) == 0) idle(i64.MAX_VALUE);
    if (length == 1) idle(0);
  }
}
`;

const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
after(() => rmSync(folder, { recursive: true }));

const files = new Map<string, string>();

async function start(
  kernel: string,
  ...words: string[]
): Promise<{ child: ChildProcess; cable: Duplex; records: () => string }> {
  let file = files.get(kernel);
  if (file === undefined) {
    const plan = planImage({
      kernel: await compileSource(kernel),
      app: compiledModule({}),
      isNetworked: true,
    });
    file = path.join(folder, `kernel-${files.size}`);
    files.set(kernel, file);
    writeFileSync(file, writeExecutable(linkImageForProcess(plan)), { mode: 0o700 });
  }
  const child = spawn(file, ["net.socket=3", ...words], { stdio: ["ignore", "inherit", "pipe", "pipe"] });
  let records = "";
  child.stderr!.on("data", (bytes: Buffer) => (records += bytes.toString()));
  return { child, cable: child.stdio[3] as Duplex, records: () => records };
}

function framed(frame: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + frame.length);
  bytes.writeUInt32BE(frame.length);
  bytes.set(frame, 4);
  return bytes;
}

function unframed(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    assert.ok(end <= bytes.length, "the last frame is not whole");
    frames.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return frames;
}

/** Numbers that look random and are the same each time (Numerical Recipes' generator). */
function noise(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/**
 * Of a frame that says how many pieces, where the last one is (from the end of memory), and its bytes: sends such a frame,
 * and answers if it still can.
 */
const PIECES_KERNEL = `
@external("platform", "netReceive") declare function netReceive(pointer: usize, capacity: u32): u32;
@external("platform", "netTransmit") declare function netTransmit(pointer: usize, length: u32): u32;
@external("platform", "netTransmitPieces") declare function netTransmitPieces(pieces: usize, count: u32): u32;
@external("platform", "idle") declare function idle(deadline: i64): void;
const frame = memory.data(2048);
const list = memory.data(1024);
export function start(): void {}
export function run(): void {
  for (;;) {
    if (netReceive(frame, 2000) == 0) {
      idle(i64.MAX_VALUE);
      continue;
    }
    const count = load<u32>(frame);
    const last = list + 8 * (count - 1);
    store<u32>(last, (<u32>memory.size() << 16) - load<u32>(frame, 4));
    store<u32>(last, load<u32>(frame, 8), 4);
    netTransmit(frame, 2 + netTransmitPieces(load<u32>(frame, 12) == 0 ? list : -8, count));
  }
}
`;

/** Sends frames of three pieces, numbered, for as long as there is room for another; loses none, and ends. */
const LONG_FRAMES = 200;
const PIECE_BYTES = 20_000;
const LONG_KERNEL = `
@external("platform", "netTransmitPieces") declare function netTransmitPieces(pieces: usize, count: u32): u32;
@external("platform", "idle") declare function idle(deadline: i64): void;
@external("platform", "exit") declare function exit(status: i32): void;
const texts = memory.data(${3 * PIECE_BYTES});
const list = memory.data(24);
export function start(): void {}
export function run(): void {
  for (let number: u32 = 0; number < ${LONG_FRAMES}; number++) {
    for (let piece: u32 = 0; piece < 3; piece++) {
      const text = texts + piece * ${PIECE_BYTES};
      memory.fill(text, <u8>(number + piece), ${PIECE_BYTES});
      store<u32>(list + 8 * piece, <u32>text);
      store<u32>(list + 8 * piece, ${PIECE_BYTES}, 4);
    }
    const sent = netTransmitPieces(list, 3);
    if (sent == 0) exit(9);
    if (sent == 1) continue;
    do idle(i64.MAX_VALUE); while (netTransmitPieces(list, 0) != 1);
  }
  exit(5);
  idle(0);
}
`;

const GREETING = Buffer.from([0x02, 0x53, 0x4b, 0x00, 0x00, 0x0f]);

test("frames come back whole, in order, however they are cut and however slowly they are read", async () => {
  const random = noise(7);
  const { child, cable, records } = await start(ECHO_KERNEL);
  const sent: Buffer[] = [];
  for (let count = 0; count < 4000; count++) {
    sent.push(Buffer.alloc(2 + random(1999), count));
  }
  const all = Buffer.concat([...sent.map(framed), framed(Buffer.of(1))]);
  const read: Buffer[] = [];
  cable.on("data", (bytes: Buffer) => {
    read.push(bytes);
    if (random(20) === 0) {
      cable.pause();
      setTimeout(() => cable.resume(), 5);
    }
  });
  const ended = Promise.all([once(child, "exit"), once(cable, "end")]);
  for (let at = 0; at < all.length;) {
    const end = at + 1 + random(random(4) === 0 ? 8 : 200_000);
    if (!cable.write(all.subarray(at, end))) await once(cable, "drain");
    at = end;
  }
  const [[status]] = await ended;
  assert.equal(status, 5);
  assert.deepEqual(unframed(Buffer.concat(read)), [GREETING, ...sent, Buffer.of(1)]);
  assert.equal(records(), "skerry: started\nskerry: exit 5\n");
});

test("frames of no bytes or too many are dropped, and an end in mid-frame is an end", async () => {
  const { child, cable } = await start(ECHO_KERNEL, "net.hardwareAddress=0a:1B:2c:3d:4e:5f");
  const read: Buffer[] = [];
  cable.on("data", (bytes: Buffer) => read.push(bytes));
  const long = Buffer.alloc(60_000, 1);
  cable.write(
    Buffer.concat([long, Buffer.alloc(0), Buffer.of(7, 7), long, Buffer.of(8, 8), Buffer.of(1)].map(framed)),
  );
  const [[status]] = await Promise.all([once(child, "exit"), once(cable, "end")]);
  assert.equal(status, 5);
  const address = Buffer.from([0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f]);
  assert.deepEqual(unframed(Buffer.concat(read)), [address, Buffer.of(7, 7), Buffer.of(8, 8), Buffer.of(1)]);
});

test("a stream that is no frames, or ends, leaves a machine that sleeps", async () => {
  for (const bytes of [Buffer.from("\xff\xff\xff\xffhello", "latin1"), Buffer.of(0, 0)]) {
    const { child, cable } = await start(ECHO_KERNEL);
    await once(cable, "data");
    cable.end(bytes);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(child.exitCode, null);
    const { user, system } = await processorTime(child);
    assert.ok(user + system <= 5, `it used ${user + system} ticks of processor time`);
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});

const PIECES: readonly (readonly [name: string, words: readonly number[], isTaken: boolean])[] = [
  ["that end where the memory does", [36, 16, 16, 0], true],
  ["of no bytes", [1, 0, 0, 0], true],
  ["of which one goes beyond the memory", [36, 16, 17, 0], false],
  ["of which one would end at the start of the memory again", [2, 16, 0xffff_ffff, 0], false],
  ["more than there may be", [37, 16, 16, 0], false],
  ["whose list goes beyond the memory", [2, 16, 16, 1], false],
];

for (const [name, words, isTaken] of PIECES) {
  test(`a frame in pieces ${name} ${isTaken ? "is taken" : "ends the machine"}`, async () => {
    const { child, cable, records } = await start(PIECES_KERNEL);
    const exited = once(child, "exit");
    cable.write(framed(Buffer.from(Uint32Array.from(words).buffer)));
    if (isTaken) {
      const [answer] = (await once(cable, "data")) as [Buffer];
      const lengths = unframed(answer).map(({ length }) => length);
      assert.deepEqual(lengths, [words[2], 3], "the frame, and that there is room for more");
      child.kill("SIGKILL");
      await exited;
    } else {
      await exited;
      assert.match(records(), /^skerry: started\nskerry: (?!exit 0).*\n/);
    }
  });
}

test("long frames in pieces arrive whole: who reads them slowly is waited for", async () => {
  const { child, cable, records } = await start(LONG_KERNEL);
  const read: Buffer[] = [];
  cable.on("data", (bytes: Buffer) => {
    read.push(bytes);
    cable.pause();
    setTimeout(() => cable.resume(), 1);
  });
  await Promise.all([once(child, "exit"), once(cable, "end")]);
  assert.equal(records(), "skerry: started\nskerry: exit 5\n");
  const frames = unframed(Buffer.concat(read));
  assert.equal(frames.length, LONG_FRAMES);
  for (const [number, frame] of frames.entries()) {
    const pieces = [0, 1, 2].map((piece) => Buffer.alloc(PIECE_BYTES, number + piece));
    assert.ok(frame.equals(Buffer.concat(pieces)), `frame ${number}`);
  }
});

/** In clock ticks (proc(5), /proc/PID/stat, fields 14 and 15). */
async function processorTime(child: ChildProcess): Promise<{ user: number; system: number }> {
  const { readFile } = await import("node:fs/promises");
  const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { user: Number(fields[11]), system: Number(fields[12]) };
}
