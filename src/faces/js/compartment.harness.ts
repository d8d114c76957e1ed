/**
 * The JavaScript face under test: engine and glue linked in Node over services that the test sees through.
 *
 * Stands for the kernel: console lines are collected, time is the test's, HTTP requests are given and their
 * responses taken. The linking itself is the one that a target does (`linkCompartment`).
 */
import {
  bundleText,
  compartmentParts,
  globalsOf,
  linkCompartment,
  setGlobals,
  type CompartmentSnapshot,
  type Exports,
  type Functions,
  type Parts,
} from "./compartment-parts.harness.ts";

export { bundleText, compartmentParts };

const NS_PER_MS = 1_000_000n;
/** Of an entry, by the test's clock. */
const TIME_LIMIT_MS = 10_000;
const STATUS = { again: -1, gone: -2, invalid: -3, full: -4, end: -5, missing: -6 } as const;

/** A request to the app, and what came back. */
export interface TestRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces of the body that the peer has sent; `readBody` takes from its front. */
  readonly body: Uint8Array[];
  bodyComplete: boolean;
  isChunked: boolean;
  status: number;
  fields: string;
  readonly received: Uint8Array[];
  /** How many more bytes of a streamed response the peer takes. */
  window: number;
  isComplete: boolean;
  isAborted: boolean;
}

export class Compartment {
  /** What the app wrote, stream by stream. */
  output = "";
  errors = "";
  exitStatus: number | undefined;
  alarmAt = -1n;
  nowMs = 1000;
  /** Another clock in place of `nowMs`. */
  clock: (() => number) | undefined;
  environment: Record<string, string> = {};
  readonly listening: number[] = [];
  /** Who asks: 16 bytes of address, 2 of port; 192.0.2.7:50000. */
  remote = Uint8Array.from([...new Array<number>(10).fill(0), 255, 255, 192, 0, 2, 7, 195, 80]);
  readonly requests = new Map<number, TestRequest>();
  readonly memory: WebAssembly.Memory;
  readonly #app: Exports;
  readonly #engine: Exports;
  /** The engine's one context. */
  #context = 0;
  #lastRequest = 0;
  #enteredMs = 0;

  constructor(parts: Parts, maximumPages = 4096, snapshot?: CompartmentSnapshot) {
    const initial = snapshot?.pages ?? parts.memoryPages.initial;
    this.memory = new WebAssembly.Memory({ initial, maximum: maximumPages });
    const { app, engine } = linkCompartment(parts, this.memory, this.#services(), (context) => {
      this.#context = context;
    });
    this.#app = app;
    this.#engine = engine;
    if (snapshot !== undefined) this.#resume(snapshot);
  }

  #resume(snapshot: CompartmentSnapshot): void {
    const bytes = new Uint8Array(this.memory.buffer);
    bytes.fill(0);
    bytes.set(snapshot.memory);
    this.#context = snapshot.context;
    setGlobals(this.#engine, snapshot.engineGlobals);
    setGlobals(this.#app, snapshot.glueGlobals);
  }

  snapshot(): CompartmentSnapshot {
    const bytes = new Uint8Array(this.memory.buffer);
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    return {
      memory: bytes.slice(0, end),
      pages: bytes.length / 65536,
      context: this.#context,
      engineGlobals: globalsOf(this.#engine).map(({ value }) => value),
      glueGlobals: globalsOf(this.#app).map(({ value }) => value),
    };
  }

  /** Evaluates a script in the app's realm and gives the text of what it threw. Its jobs wait for the next entry. */
  evaluate(script: string, file: string): string | undefined {
    const engine = this.#engine;
    const source = this.#place(`${script}\0`);
    const name = this.#place(`${file}\0`);
    const result = engine["QTS_Eval"]!(this.#context, source, Buffer.byteLength(script), name, 0, 0);
    const error = engine["QTS_ResolveException"]!(this.#context, result);
    const thrown = error === 0 ? undefined : this.#describe(error);
    for (const box of [result, error]) if (box !== 0) engine["QTS_FreeValuePointer"]!(this.#context, box);
    for (const bytes of [source, name]) engine["free"]!(bytes);
    return thrown;
  }

  #place(text: string): number {
    const bytes = new TextEncoder().encode(text);
    const pointer = this.#engine["malloc"]!(bytes.length);
    new Uint8Array(this.memory.buffer).set(bytes, pointer);
    return pointer;
  }

  #describe(box: number): string {
    const text = this.#engine["QTS_GetString"]!(this.#context, box);
    if (text === 0) return "an error that has no text";
    const bytes = new Uint8Array(this.memory.buffer);
    const found = this.#text(text, bytes.indexOf(0, text) - text);
    this.#engine["QTS_FreeCString"]!(this.#context, text);
    return found;
  }

  /** Places the script and runs the app's start. */
  start(script: string): this {
    const bytes = new TextEncoder().encode(script);
    const pointer = this.#app["reserveSource"]!(bytes.length);
    new Uint8Array(this.memory.buffer, pointer, bytes.length).set(bytes);
    this.#enter("start", 0, 0);
    return this;
  }

  /** Moves the clock to each alarm until none is left, at most so many. */
  runAlarms(limit = 1000): void {
    for (let count = 0; this.alarmAt >= 0n && this.exitStatus === undefined; count++) {
      if (count >= limit) throw new Error("the app's alarms never end");
      this.nowMs = Math.max(this.nowMs, Number(this.alarmAt) / 1e6);
      this.fireAlarm();
    }
  }

  fireAlarm(): void {
    this.alarmAt = -1n;
    this.#enter("alarm", 0, 0);
  }

  /** Gives the app a request; it may be answered on return, or later. */
  request(target: string, options: Partial<TestRequest> = {}): TestRequest {
    const request: TestRequest = {
      method: "GET",
      target,
      headers: { host: "skerry.test" },
      body: [],
      bodyComplete: true,
      isChunked: false,
      status: 0,
      fields: "",
      received: [],
      window: Infinity,
      isComplete: false,
      isAborted: false,
      ...options,
    };
    const id = ++this.#lastRequest;
    this.requests.set(id, request);
    this.#enter("httpRequest", id, 0);
    return request;
  }

  readable(request: TestRequest): void {
    this.#enter("httpReadable", this.#idOf(request), 0);
  }

  writable(request: TestRequest): void {
    this.#enter("httpWritable", this.#idOf(request), 0);
  }

  /** The peer goes away. */
  close(request: TestRequest): void {
    const id = this.#idOf(request);
    this.requests.delete(id);
    this.#enter("httpClosed", id, 0);
  }

  /** How many blocks of `size` bytes the engine's heap could still give. Only useful below a low memory limit. */
  freeBlocks(size: number): number {
    this.#engine["trimHeap"]!();
    const blocks: number[] = [];
    for (let block = this.#engine["malloc"]!(size); block !== 0; block = this.#engine["malloc"]!(size)) {
      blocks.push(block);
    }
    for (const block of blocks) this.#engine["free"]!(block);
    return blocks.length;
  }

  #idOf(request: TestRequest): number {
    for (const [id, one] of this.requests) if (one === request) return id;
    throw new Error("the request is over");
  }

  #enter(name: string, ...values: number[]): void {
    this.#enteredMs = this.#now();
    this.#app[name]!(...values);
  }

  #now(): number {
    return this.clock?.() ?? this.nowMs;
  }

  #text(pointer: number, length: number): string {
    return new TextDecoder().decode(new Uint8Array(this.memory.buffer, pointer, length).slice());
  }

  #put(value: string | Uint8Array, pointer: number, capacity: number): number {
    const bytes = typeof value === "string" ? Buffer.from(value, "latin1") : value;
    new Uint8Array(this.memory.buffer, pointer, capacity).set(bytes.subarray(0, capacity));
    return bytes.length;
  }

  #services(): Record<string, Functions> {
    return {
      app: {
        exit: (status: number) => void (this.exitStatus ??= status),
        isOverdue: () => (this.#now() - this.#enteredMs > TIME_LIMIT_MS ? 1 : 0),
        environment: (pointer: number, capacity: number) => {
          const lines = Object.entries(this.environment).map(([name, value]) => `${name}=${value}\n`);
          return this.#put(new TextEncoder().encode(lines.join("")), pointer, capacity);
        },
      },
      console: {
        write: (stream: number, pointer: number, length: number) => {
          if (stream === 1) this.output += this.#text(pointer, length);
          else this.errors += this.#text(pointer, length);
        },
      },
      clock: {
        monotonic: () => BigInt(Math.round(this.#now() * 1e6)),
        realtime: () => 1_700_000_000_000n * NS_PER_MS + BigInt(Math.round(this.#now() * 1e6)),
        alarm: (deadline: bigint) => void (this.alarmAt = deadline),
      },
      entropy: {
        fill: (pointer: number, length: number) => {
          crypto.getRandomValues(new Uint8Array(this.memory.buffer, pointer, length));
          return 0;
        },
      },
      http: { ...this.#httpRequests(), ...this.#httpResponses() },
    };
  }

  #httpRequests(): Functions {
    const find = (id: number) => this.requests.get(id);
    const put = (value: string | undefined, pointer: number, capacity: number) =>
      value === undefined ? STATUS.gone : this.#put(value, pointer, capacity);
    return {
      listen: (port: number) => (this.listening.push(port), 0),
      methodName: (id: number, pointer: number, capacity: number) => put(find(id)?.method, pointer, capacity),
      target: (id: number, pointer: number, capacity: number) => put(find(id)?.target, pointer, capacity),
      headers: (id: number, pointer: number, capacity: number) => {
        const lines = Object.entries(find(id)?.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
        return find(id) === undefined ? STATUS.gone : this.#put(lines.join(""), pointer, capacity);
      },
      header: (id: number, name: number, nameLength: number, pointer: number, capacity: number) => {
        const value = find(id)?.headers[this.#text(name, nameLength).toLowerCase()];
        return value === undefined ? STATUS.missing : this.#put(value, pointer, capacity);
      },
      remote: (id: number, pointer: number, capacity: number) => {
        if (find(id) === undefined) return STATUS.gone;
        this.#put(this.remote, pointer, capacity);
        return 0;
      },
      bodySize: (id: number) => {
        const request = find(id);
        if (request?.isChunked) return -1n;
        return BigInt(request?.body.reduce((sum, piece) => sum + piece.length, 0) ?? 0);
      },
      read: (id: number, pointer: number, capacity: number) => {
        const request = find(id);
        if (request === undefined) return STATUS.gone;
        const piece = request.body.shift();
        if (piece === undefined) return request.bodyComplete ? STATUS.end : STATUS.again;
        if (piece.length > capacity) request.body.unshift(piece.subarray(capacity));
        return this.#put(piece.subarray(0, capacity), pointer, capacity);
      },
    };
  }

  #httpResponses(): Functions {
    const find = (id: number) => this.requests.get(id);
    const bytes = (pointer: number, length: number) =>
      new Uint8Array(this.memory.buffer, pointer, length).slice();
    const finish = (id: number, request: TestRequest) => {
      request.isComplete = true;
      this.requests.delete(id);
    };
    return {
      respond: (
        id: number,
        status: number,
        fields: number,
        fieldsLength: number,
        body: number,
        length: number,
      ) => {
        const request = find(id);
        if (request === undefined) return STATUS.gone;
        if (status < 200 || request.status !== 0) return STATUS.invalid;
        if (length > request.window) return STATUS.full;
        request.status = status;
        request.fields = Buffer.from(bytes(fields, fieldsLength)).toString("latin1");
        request.received.push(bytes(body, length));
        finish(id, request);
        return 0;
      },
      begin: (id: number, status: number, fields: number, fieldsLength: number, size: bigint) => {
        const request = find(id);
        if (request === undefined) return STATUS.gone;
        request.status = status;
        request.fields = Buffer.from(bytes(fields, fieldsLength)).toString("latin1");
        if (size >= 0n) request.fields += `content-length: ${size}\r\n`;
        return 0;
      },
      write: (id: number, pointer: number, length: number) => {
        const request = find(id);
        if (request === undefined) return STATUS.gone;
        const taken = Math.min(length, request.window);
        request.window -= taken;
        request.received.push(bytes(pointer, taken));
        return taken;
      },
      end: (id: number) => {
        const request = find(id);
        if (request === undefined) return STATUS.gone;
        finish(id, request);
        return 0;
      },
      abort: (id: number) => {
        const request = find(id);
        if (request !== undefined) request.isAborted = true;
        this.requests.delete(id);
      },
    };
  }
}

/** The whole body that came back, as text. */
export function textOf(request: TestRequest): string {
  return Buffer.concat(request.received).toString("utf8");
}

/** Starts an app from its source. */
export async function startApp(
  source: string,
  prepare?: (app: Compartment) => void,
  maximumPages?: number,
): Promise<Compartment> {
  const [parts, bundle] = await Promise.all([compartmentParts(), bundleText(source)]);
  const app = new Compartment(parts, maximumPages);
  prepare?.(app);
  return app.start(bundle.script);
}
