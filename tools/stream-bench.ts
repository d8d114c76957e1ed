/**
 * What HTTP's server and client under test stand between: made-up streams below, an app's memory above.
 *
 * A stream keeps what `received` leaves and offers it again, defers `resume`, and gives as much room as the test
 * says; the app's memory is an array whose lent ranges are checked. `http-bench.ts` and `fetch-bench.ts` add who
 * opens the streams and what the app calls; both run the Wasm that a kernel would.
 */
import assert from "node:assert/strict";
import { EnterStatus } from "../src/abi/entry.ts";
import { CloseReason } from "../src/abi/status.ts";
import type { TestExports } from "./assembly-test.ts";
import { type Bytes, bytesOf, join, textOf } from "./latin.ts";

const INPUT_SIZE = 1 << 20;
const APP_SIZE = 1 << 22;
const PASS_STEPS = 100;
const MOST_ROUNDS = 10_000;

/** The functions of a Wasm module's imports, by module and name. */
type Imports = Record<string, Record<string, (...values: never[]) => unknown>>;

/** The other end of one stream of the kernel: what it sends, and what it gets. */
export class TestStream {
  /** Bytes the stream would take now; Infinity: any. */
  room = Infinity;
  /** Bytes of what was written that the other end has not acknowledged. */
  outstanding = 0;
  /** The kernel may write: a stream that it opened itself opens later. */
  isOpen = true;
  /** What the other end has sent and the kernel not taken. */
  pending: Uint8Array = new Uint8Array(0);
  sent: Uint8Array[] = [];
  /** The kernel has said its last word. */
  shut = false;
  aborted = false;
  closed = false;
  blocked = false;
  finishing = false;
  finishedSeen = false;
  resumed = false;
  /** How the kernel calls the stream. */
  user = 0;
  readonly bench: StreamBench;
  readonly handle: number;

  constructor(bench: StreamBench, handle: number) {
    this.bench = bench;
    this.handle = handle;
  }

  /** All the kernel has sent since the last call. */
  take(): string {
    const text = textOf(join(this.sent));
    this.sent = [];
    return text;
  }

  send(bytes: Bytes): this {
    if (this.closed) return this;
    this.pending = join([this.pending, bytesOf(bytes)]);
    this.bench.offer(this);
    this.bench.settle();
    return this;
  }

  sendByByte(bytes: Bytes): this {
    for (const byte of bytesOf(bytes)) this.send(Uint8Array.of(byte));
    return this;
  }

  finish(): this {
    this.finishing = true;
    this.bench.settle();
    return this;
  }

  reset = (): this => this.close(CloseReason.Reset);

  close(reason: CloseReason = CloseReason.Reset): this {
    this.bench.close(this, reason);
    this.bench.settle();
    return this;
  }

  /** The other end has taken `count` bytes: the stream has room for as many more. */
  give(count: number): this {
    this.room += count;
    this.outstanding = Math.max(0, this.outstanding - count);
    if (this.blocked && !this.closed && this.room > 0) {
      this.blocked = false;
      this.bench.kernel.writable(this.user);
    }
    this.bench.settle();
    return this;
  }
}

export abstract class StreamBench {
  kernel!: TestExports;
  time = 1_000_000_000n;
  /** `closed` comes inside `abort`, not after it. */
  closesAtOnce = false;
  /** The longest run of bytes that a stream offers at once. */
  longestOffer = INPUT_SIZE;
  /** Writes that reached a stream. */
  writes = 0;
  /** The app's entries, as they were called, and in which compartment. */
  readonly entered: string[] = [];
  readonly compartments: number[] = [];
  /** What the app's entries come to. */
  outcome = EnterStatus.Returned;
  /** Streams that are not closed, by handle. */
  protected readonly streams = new Map<number, TestStream>();
  /** Where the kernel's memory takes what the test hands in. */
  protected input = 0;
  protected readonly appMemory = new Uint8Array(APP_SIZE);
  #lent: [number, number, "in" | "out"][] = [];
  #insideApp = 0;
  #entries = 0;

  /** Notes the entry and calls it: false for one that the app cannot have. */
  protected abstract enterApp(entry: number, id: number, value: number): boolean;

  /** Lets time pass, a hundred steps at most, so that deadlines fire near their time. */
  pass(seconds: number): void {
    for (let step = 0; step < PASS_STEPS; step++) {
      this.time += BigInt(Math.ceil((seconds * 1e9) / PASS_STEPS));
      this.kernel.turn();
      this.settle();
    }
  }

  offer(stream: TestStream): void {
    let again = true;
    while (again && !stream.closed && stream.pending.length > 0) {
      const run = stream.pending.subarray(0, Math.min(this.longestOffer, stream.pending.length));
      this.kernelMemory().set(run, this.input);
      const taken = this.kernel.received(stream.user, this.input, run.length) as number;
      // What has been offered is no longer readable: a kernel that still looks at it reads this.
      this.kernelMemory().fill(0x21, this.input, this.input + run.length);
      assert.ok(taken <= run.length, "takes what it was offered");
      stream.pending = stream.pending.slice(taken);
      again = taken === run.length;
    }
  }

  /** Does what was put off: resumes, ends. */
  settle(): void {
    if (this.#entries > 0) return;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const moved = this.settleOnce();
      if (!(this.kernel.poll() as boolean | number) && !moved) return;
    }
    assert.fail("the kernel and its streams never come to rest");
  }

  protected settleOnce(): boolean {
    return [...this.streams.values()].some((stream) => this.settleStream(stream));
  }

  protected settleStream(stream: TestStream): boolean {
    if (stream.closed) return false;
    if (stream.aborted) return this.close(stream, CloseReason.Aborted);
    if (stream.resumed) {
      stream.resumed = false;
      this.offer(stream);
      return true;
    }
    if (stream.finishing && !stream.finishedSeen && stream.pending.length === 0) {
      stream.finishedSeen = true;
      this.kernel.finished(stream.user);
      return true;
    }
    if (stream.finishedSeen && stream.shut) return this.close(stream, CloseReason.Finished);
    return false;
  }

  close(stream: TestStream, reason: CloseReason): boolean {
    if (stream.closed) return false;
    stream.closed = true;
    this.streams.delete(stream.handle);
    this.kernel.closed(stream.user, reason);
    return true;
  }

  protected kernelMemory(): Uint8Array {
    return new Uint8Array(this.kernel.memory.buffer);
  }

  // The app's side of a call: its bytes lie in its memory, and are lent for as long as the call lasts. ---------

  /** The bytes that a call filled, or its status. */
  protected fill(size: number, call: (at: number, size: number) => number): Uint8Array | number {
    this.lend(0, size, "out");
    const length = call(0, size);
    return length < 0 ? length : this.appMemory.slice(0, Math.min(size, length));
  }

  /** Puts bytes into the app's memory, lent to the next call: how many they are. */
  protected put(at: number, bytes: Bytes): number {
    const source = bytesOf(bytes);
    this.appMemory.set(source, at);
    this.lend(at, source.length, "in");
    return source.length;
  }

  protected lend(at: number, size: number, way: "in" | "out"): void {
    this.#lent.push([at, size, way]);
  }

  protected call(name: string, ...values: (number | bigint)[]): number {
    this.#insideApp++;
    try {
      return this.kernel[name](...values) as number;
    } finally {
      this.#insideApp--;
      this.#lent = [];
    }
  }

  // What the kernel imports. ------------------------------------------------------------------------------

  /** The functions of `stream-bench-root.ts`, in the module that `root` names. */
  protected imports(root: string): Imports {
    return {
      [root]: {
        space: (handle: number) => Math.min(this.#stream(handle).room, 1 << 30),
        write: (handle: number, pointer: number, length: number) => this.#write(handle, pointer, length),
        outstanding: (handle: number) => this.#stream(handle).outstanding,
        resume: (handle: number) => void (this.#stream(handle).resumed = true),
        shutdown: (handle: number) => void (this.#stream(handle).shut = true),
        abort: (handle: number) => this.#abort(this.#stream(handle)),
      },
      platform: { clockMonotonic: () => this.time },
      compartment: {
        enter: (compartment: number, entry: number, id: number, value: number) => {
          this.compartments.push(compartment);
          return this.#enter(entry, id, value);
        },
        restart: () => {},
        isOverdue: () => 0,
        copyIn: (pointer: number, app: number, length: number) => {
          this.#checkLent(app, length, "in");
          this.kernelMemory().set(this.appMemory.subarray(app, app + length), pointer);
        },
        copyOut: (app: number, pointer: number, length: number) => {
          this.#checkLent(app, length, "out");
          this.appMemory.set(this.kernelMemory().subarray(pointer, pointer + length), app);
        },
      },
    };
  }

  #stream(handle: number): TestStream {
    const stream = this.streams.get(handle);
    assert.ok(stream !== undefined, "the kernel knows a stream that is gone");
    return stream;
  }

  #write(handle: number, pointer: number, length: number): number {
    const stream = this.#stream(handle);
    assert.ok(
      stream.isOpen && !stream.shut && !stream.aborted,
      "nothing is written before or after the stream",
    );
    this.writes++;
    const taken = Math.min(stream.room, length);
    stream.room -= taken;
    if (taken < length) stream.blocked = true;
    // Where the test gives no room the other end has acknowledged nothing.
    if (stream.room !== Infinity) stream.outstanding += taken;
    stream.sent.push(this.kernelMemory().slice(pointer, pointer + taken));
    return taken;
  }

  #abort(stream: TestStream): void {
    stream.aborted = true;
    if (this.closesAtOnce) this.close(stream, CloseReason.Aborted);
  }

  #checkLent(at: number, length: number, way: "in" | "out"): void {
    const inside = this.#lent.some(
      ([from, size, lentFor]) => lentFor === way && at >= from && at + length <= from + size,
    );
    assert.ok(inside || length === 0, `${way} of ${length} bytes at ${at} was not lent`);
  }

  #enter(entry: number, id: number, value: number): number {
    assert.equal(this.#insideApp, 0, "the app is never entered from within its own call");
    this.#entries++;
    assert.ok(this.enterApp(entry, id, value), `no entry ${entry}`);
    this.#entries--;
    return this.outcome;
  }
}
