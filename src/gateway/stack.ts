/**
 * The gateway's TCP/IP stack as Node sees it: `stack/main.ts` compiled to Wasm, its exports as methods, its
 * imported events handed to whoever owns the stream or the datagrams.
 *
 * Bytes given to a handler lie in the stack's memory and live only during the call. Every call may be made at any time: `wake` has the stack look at the clock first and promises a turn.
 *
 * Tests: gateway.test.ts
 */
import { fromHalves, highHalf, lowHalf, type Address } from "./address.ts";
import type { CloseReason } from "../abi/status.ts";
import type { Unreachable } from "../abi/unreachable.ts";

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** The owner of one stream; see `kernel/stream/stream.ts`, whose calls these are. */
export interface StreamHandler {
  connected(): void;
  /** Answers how many of `bytes` it has done with; the others come again after `resume`. */
  readable(bytes: Uint8Array): number;
  writable(): void;
  finished(): void;
  /** The last call. */
  closed(reason: CloseReason): void;
}

/**
 * What comes from the guest unasked. `quotation` are the datagram's first bytes, headers included, as an error about it
 * quotes them (`Stack.unreachable`); none where it may have no error.
 */
export interface Arrivals {
  /**
   * The guest asks for a stream to `destination`, and waits until `Stream.answer`, `refuse` or `abort`: its handler, or
   * undefined to refuse it.
   */
  accepted(
    stream: Stream,
    source: Endpoint,
    destination: Endpoint,
    quotation: Uint8Array,
  ): StreamHandler | undefined;
  datagram(source: Endpoint, destination: Endpoint, bytes: Uint8Array, quotation: Uint8Array): void;
}

interface StackExports {
  memory: WebAssembly.Memory;
  start(): void;
  begin(): void;
  turn(): bigint;
  scratch(): number;
  scratchSize(): number;
  chunksInUse(): number;
  connect(high: bigint, low: bigint, port: number): number;
  write(stream: number, length: number): number;
  answer(stream: number): void;
  refuse(stream: number): void;
  unreachable(kind: Unreachable, length: number): void;
  resume(stream: number): void;
  shutdown(stream: number): void;
  abort(stream: number): void;
  sendDatagram(
    sourceHigh: bigint,
    sourceLow: bigint,
    sourcePort: number,
    high: bigint,
    low: bigint,
    port: number,
    length: number,
  ): number;
}

/** A stream's name; calls on one that is closed do nothing. */
export class Stream {
  readonly #stack: Stack;
  /** 0 once it is closed. */
  id: number;

  constructor(stack: Stack, id: number) {
    this.#stack = stack;
    this.id = id;
  }

  /** How many bytes the stack took; fewer than given, and `writable` will follow. */
  write(bytes: Uint8Array): number {
    return this.id === 0 ? bytes.length : this.#stack.write(this.id, bytes);
  }

  /** Lets the guest in that asked for it; `connected` follows. */
  answer(): void {
    if (this.id !== 0) this.#stack.answer(this.id);
  }

  /** Tells the guest that asked for it that nobody listens there. */
  refuse(): void {
    if (this.id !== 0) this.#stack.refuse(this.id);
  }

  resume(): void {
    if (this.id !== 0) this.#stack.resume(this.id);
  }

  shutdown(): void {
    if (this.id !== 0) this.#stack.shutdown(this.id);
  }

  /** Ends it with a reset; one that was only asked for, without a word. */
  abort(): void {
    if (this.id !== 0) this.#stack.abort(this.id);
  }
}

/** `events` of `stack/events.ts`. */
type Events = Record<string, (...values: never[]) => number | void>;

/** An end as the events tell it. */
function endOf(high: bigint, low: bigint, port: number): Endpoint {
  return { address: fromHalves(high, low), port };
}

export class Stack {
  readonly exports: StackExports;
  readonly #wake: () => void;
  readonly #scratch: number;
  readonly #scratchSize: number;
  readonly #streams = new Map<number, { stream: Stream; handler: StreamHandler }>();
  #memory = new Uint8Array(0);

  /** `imports` are the platform's, see `platform.ts`. `wake` must begin a turn or have one begun. */
  constructor(
    module: WebAssembly.Module,
    imports: (memory: () => Uint8Array) => WebAssembly.Imports,
    arrivals: Arrivals,
    wake: () => void,
  ) {
    this.#wake = wake;
    const instance = new WebAssembly.Instance(module, {
      ...imports(() => this.#bytes()),
      events: { ...this.#streamEvents(arrivals), ...this.#datagramEvents(arrivals) },
    });
    this.exports = instance.exports as unknown as StackExports;
    this.exports.start();
    this.#scratch = this.exports.scratch();
    this.#scratchSize = this.exports.scratchSize();
  }

  /** Opens a stream to the guest, or answers undefined when there can be no more of them. */
  connect(destination: Endpoint, handler: StreamHandler): Stream | undefined {
    this.#wake();
    const id = this.exports.connect(
      highHalf(destination.address),
      lowHalf(destination.address),
      destination.port,
    );
    if (id <= 0) return undefined;
    const stream = new Stream(this, id);
    this.#streams.set(id, { stream, handler });
    return stream;
  }

  /** Writes to an open stream: how many bytes were taken. */
  write(id: number, bytes: Uint8Array): number {
    this.#wake();
    for (let at = 0; at < bytes.length;) {
      const length = Math.min(bytes.length - at, this.#scratchSize);
      this.#bytes().set(length === bytes.length ? bytes : bytes.subarray(at, at + length), this.#scratch);
      const taken = this.exports.write(id, length);
      at += taken;
      if (taken < length) return at;
    }
    return bytes.length;
  }

  answer(id: number): void {
    this.#wake();
    this.exports.answer(id);
  }

  refuse(id: number): void {
    this.#wake();
    this.exports.refuse(id);
  }

  /** Tells the guest that a datagram of its own did not arrive, by its `quotation`. */
  unreachable(kind: Unreachable, quotation: Uint8Array): void {
    if (quotation.length === 0) return;
    this.#wake();
    this.#bytes().set(quotation, this.#scratch);
    this.exports.unreachable(kind, quotation.length);
  }

  resume(id: number): void {
    this.#wake();
    this.exports.resume(id);
  }

  shutdown(id: number): void {
    this.#wake();
    this.exports.shutdown(id);
  }

  abort(id: number): void {
    this.#wake();
    this.exports.abort(id);
  }

  /** Sends a datagram in the name of `source`; what does not fit in one frame is dropped. */
  sendDatagram(source: Endpoint, destination: Endpoint, bytes: Uint8Array): boolean {
    if (bytes.length > this.#scratchSize) return false;
    this.#wake();
    this.#bytes().set(bytes, this.#scratch);
    return (
      this.exports.sendDatagram(
        highHalf(source.address),
        lowHalf(source.address),
        source.port,
        highHalf(destination.address),
        lowHalf(destination.address),
        destination.port,
        bytes.length,
      ) === 0
    );
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** The stack's memory. A view dies when the memory grows, which it does only while the stack starts. */
  #bytes(): Uint8Array {
    if (this.#memory.length === 0) this.#memory = new Uint8Array(this.exports.memory.buffer);
    return this.#memory;
  }

  #slice(pointer: number, length: number): Uint8Array {
    return this.#bytes().subarray(pointer, pointer + length);
  }

  #streamEvents(arrivals: Arrivals): Events {
    const handler = (id: number) => this.#streams.get(id)?.handler;
    return {
      accepted: (
        id: number,
        sourceHigh: bigint,
        sourceLow: bigint,
        sourcePort: number,
        high: bigint,
        low: bigint,
        port: number,
        quotation: number,
        quotationLength: number,
      ) => {
        const stream = new Stream(this, id);
        const source = endOf(sourceHigh, sourceLow, sourcePort);
        const quoted = this.#slice(quotation, quotationLength);
        const accepted = arrivals.accepted(stream, source, endOf(high, low, port), quoted);
        if (accepted === undefined) return 0;
        this.#streams.set(id, { stream, handler: accepted });
        return 1;
      },
      connected: (id: number) => handler(id)?.connected(),
      readable: (id: number, pointer: number, length: number) =>
        handler(id)?.readable(this.#slice(pointer, length)) ?? length,
      writable: (id: number) => handler(id)?.writable(),
      finished: (id: number) => handler(id)?.finished(),
      closed: (id: number, reason: CloseReason) => {
        const entry = this.#streams.get(id);
        if (entry === undefined) return;
        this.#streams.delete(id);
        entry.stream.id = 0;
        entry.handler.closed(reason);
      },
    };
  }

  #datagramEvents(arrivals: Arrivals): Events {
    return {
      datagram: (
        sourceHigh: bigint,
        sourceLow: bigint,
        sourcePort: number,
        high: bigint,
        low: bigint,
        port: number,
        pointer: number,
        length: number,
        quotation: number,
        quotationLength: number,
      ) => {
        const source = endOf(sourceHigh, sourceLow, sourcePort);
        const quoted = this.#slice(quotation, quotationLength);
        arrivals.datagram(source, endOf(high, low, port), this.#slice(pointer, length), quoted);
      },
    };
  }
}
