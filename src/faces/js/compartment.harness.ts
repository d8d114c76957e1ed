/**
 * The JavaScript face under test: engine and glue linked in Node over services that the test sees through.
 *
 * Stands for the kernel: console lines are collected, time is the test's, HTTP requests are given and their
 * responses taken. The linking itself is the one that a target does (`linkCompartment`).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { bundleApp } from "../../image/bundle.ts";
import { compileAssembly } from "../../image/assembly.ts";
import { prepareEngine } from "../../image/engine.ts";

const GLUE_MEMORY_BASE = 16;
const NS_PER_MS = 1_000_000n;
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

type Exports = Record<string, (...values: number[]) => number>;
type Functions = Record<string, (...values: never[]) => unknown>;

interface Parts {
  readonly glue: WebAssembly.Module;
  readonly engine: WebAssembly.Module;
  readonly memoryPages: { readonly initial: number; readonly maximum: number };
}

let compiled: Promise<Parts> | undefined;

/** The modules that every app shares, made once a process. */
export function compartmentParts(): Promise<Parts> {
  return (compiled ??= (async () => {
    const glue = await compileAssembly(import.meta.dirname, "main.ts", {
      sharedMemoryBase: GLUE_MEMORY_BASE,
      names: true,
    });
    const engine = await prepareEngine();
    return {
      glue: new WebAssembly.Module(glue.wasm as BufferSource),
      engine: new WebAssembly.Module(engine.wasm as BufferSource),
      memoryPages: engine.memoryPages,
    };
  })());
}

/** Bundles a source text as the file `app.ts` in a folder of its own that has this repository's packages. */
export async function bundleText(source: string): Promise<{ script: string; sourceMap: string }> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "skerry-app-"));
  try {
    const file = path.join(directory, "app.ts");
    writeFileSync(file, source);
    return await bundleApp(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export class Compartment {
  /** What the app wrote, stream by stream. */
  output = "";
  errors = "";
  exitStatus: number | undefined;
  alarmAt = -1n;
  nowMs = 1000;
  /** Follow the real clock instead of `nowMs`. */
  isRealTime = false;
  environment: Record<string, string> = {};
  readonly listening: number[] = [];
  readonly requests = new Map<number, TestRequest>();
  readonly memory: WebAssembly.Memory;
  readonly #app: Exports;
  readonly #engine: Exports;
  #lastRequest = 0;

  constructor(parts: Parts, maximumPages = 4096) {
    const { initial } = parts.memoryPages;
    this.memory = new WebAssembly.Memory({ initial, maximum: maximumPages });
    const { app, engine } = linkCompartment(parts, this.memory, this.#services());
    this.#app = app;
    this.#engine = engine;
  }

  /** Places the script and runs the app's start. */
  start(script: string): this {
    const bytes = new TextEncoder().encode(script);
    const pointer = this.#app["reserveSource"]!(bytes.length);
    new Uint8Array(this.memory.buffer, pointer, bytes.length).set(bytes);
    this.#app["start"]!(0, 0);
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
    this.#app["alarm"]!(0, 0);
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
    this.#app["httpRequest"]!(id, 0);
    return request;
  }

  readable(request: TestRequest): void {
    this.#app["httpReadable"]!(this.#idOf(request), 0);
  }

  writable(request: TestRequest): void {
    this.#app["httpWritable"]!(this.#idOf(request), 0);
  }

  /** The peer goes away. */
  close(request: TestRequest): void {
    const id = this.#idOf(request);
    this.requests.delete(id);
    this.#app["httpClosed"]!(id, 0);
  }

  /** How many blocks of `size` bytes the engine's heap could still give. Only useful below a low memory limit. */
  freeBlocks(size: number): number {
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

  #now(): number {
    return this.isRealTime ? performance.now() : this.nowMs;
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
      remote: () => STATUS.gone,
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
        if (status < 200) return STATUS.invalid;
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

/** Links glue and engine over one memory. Each needs the other's functions: the engine's side goes by name. */
function linkCompartment(
  parts: Parts,
  memory: WebAssembly.Memory,
  services: Record<string, Functions>,
): { app: Exports; engine: Exports } {
  let app: Exports = {};
  const face: Functions = {};
  for (const { module, name } of WebAssembly.Module.imports(parts.engine)) {
    if (module === "face") face[name] = (...values: number[]) => app[name]!(...values);
  }
  const engine = new WebAssembly.Instance(parts.engine, { env: { memory }, face } as WebAssembly.Imports);
  const instance = new WebAssembly.Instance(parts.glue, {
    ...services,
    env: { memory },
    engine: engine.exports,
  } as WebAssembly.Imports);
  app = instance.exports as Exports;
  return { app, engine: engine.exports as Exports };
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
