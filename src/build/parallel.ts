/**
 * Compiles a module with several threads: this one and its workers take chunks from a shared counter.
 *
 * The result is the same as `compileModule`'s, byte for byte and error for error: chunks do not depend on who compiles
 * them or when, and one that nobody delivered, because something in it was refused, is compiled here at the end, in
 * order, like all of them without workers.
 *
 * Tests: compile.test.ts
 */
import { Worker } from "node:worker_threads";
import type { CompiledModule } from "../abi/object.ts";
import { chunkCount, compileChunk, prepareModule, type PreparedModule } from "../compiler/compile.ts";
import { joinChunks, type Chunk } from "../compiler/join.ts";
import { chunkOrder, takeAll, takeChunk } from "./chunks.ts";
import type { WorkerMessage, WorkerStart } from "./messages.ts";

/** The worker beside this file: TypeScript in the repository, one of the bundles in `dist`. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./worker.ts" : "./compile-worker.js",
  import.meta.url,
);

/** `workers` threads beside this one. Throws a `WasmError` for what is malformed, invalid or unsupported. */
export async function compileWithWorkers(bytes: Uint8Array, workers: number): Promise<CompiledModule> {
  // The workers load the compiler while this thread decodes and validates.
  const taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const crew = Array.from(
    { length: workers },
    () => new Helper({ taken: taken.buffer as SharedArrayBuffer }),
  );
  try {
    const prepared = prepareModule(bytes);
    const chunks = new Array<Chunk | undefined>(chunkCount(prepared)).fill(undefined);
    await Promise.all([
      ...crew.map((helper) => helper.help(prepared, chunks)),
      compileOwnShare(prepared, chunks, taken),
    ]);
    return joinChunks(
      prepared,
      chunks.map((chunk, number) => chunk ?? compileChunk(prepared, number)),
    );
  } finally {
    for (const helper of crew) helper.end();
  }
}

async function compileOwnShare(
  prepared: PreparedModule,
  chunks: (Chunk | undefined)[],
  taken: Int32Array,
): Promise<void> {
  const order = chunkOrder(prepared);
  for (let number = takeChunk(order, taken); number !== undefined; number = takeChunk(order, taken)) {
    try {
      chunks[number] = compileChunk(prepared, number);
    } catch {
      takeAll(order, taken);
    }
    // Between chunks this thread is there for others.
    await new Promise(setImmediate);
  }
}

class Helper {
  private readonly worker: Worker;
  /** Once it will deliver nothing more. */
  private readonly ended: Promise<void>;
  private receive: (message: WorkerMessage) => void = () => {};

  constructor(start: WorkerStart) {
    this.worker = new Worker(WORKER, { workerData: start });
    this.ended = new Promise((resolve, reject) => {
      this.worker.on("message", (message: WorkerMessage) => {
        if (message === undefined) resolve();
        else this.receive(message);
      });
      this.worker.on("error", reject);
    });
  }

  help(prepared: PreparedModule, chunks: (Chunk | undefined)[]): Promise<void> {
    this.receive = (message) => {
      if (message !== undefined) chunks[message.number] = message.chunk;
    };
    this.worker.postMessage(prepared);
    return this.ended;
  }

  end(): void {
    this.worker.unref();
    void this.worker.terminate();
  }
}
