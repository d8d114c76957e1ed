/**
 * Compiles a module with several threads: this one and its workers take chunks from a shared counter.
 *
 * The result is the same as `compileModule`'s, byte for byte and error for error: chunks do not depend on who compiles
 * them or when, and one that nobody delivered, because something in it was refused, is compiled here at the end, in
 * order, like all of them without workers.
 *
 * Tests: compile.test.ts
 */
import os from "node:os";
import { Worker } from "node:worker_threads";
import type { CompiledModule } from "../abi/object.ts";
import { chunkCount, compileChunk, prepareModule, type PreparedModule } from "../compiler/compile.ts";
import { joinChunks, type Chunk } from "../compiler/join.ts";
import type { CompilerOptions } from "../compiler/optimization.ts";
import { chunkOrder, takeAll, takeChunk } from "./chunks.ts";
import type { WorkerMessage, WorkerStart } from "./messages.ts";

/** The worker beside this file: TypeScript in the repository, one of the bundles in `dist`. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./worker.ts" : "./compile-worker.js",
  import.meta.url,
);
/**
 * V8 optimizes the compiler anew for each worker. That takes as long as the worker then needs for about so much code;
 * and V8 does it in threads of its own, so that one thread of ours keeps two processors busy at first.
 */
const WORKER_BYTES = 1_500_000;
const WORKERS_LIMIT = 7;

/** `workers` threads beside this one; by default as many as pay. Throws a `WasmError` as `compileModule`. */
export async function compileWithWorkers(
  bytes: Uint8Array,
  workers?: number,
  options: CompilerOptions = {},
): Promise<CompiledModule> {
  const prepared = prepareModule(bytes, options);
  const taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const start: WorkerStart = { prepared, taken: taken.buffer as SharedArrayBuffer };
  const crew = Array.from({ length: workers ?? payingWorkers(prepared) }, () => new Helper(start));
  try {
    const chunks = new Array<Chunk | undefined>(chunkCount(prepared)).fill(undefined);
    await Promise.all([
      ...crew.map((helper) => helper.fill(chunks)),
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

function payingWorkers({ module }: PreparedModule): number {
  const codeBytes = module.bodies.reduce((sum, { start, end }) => sum + end - start, 0);
  return Math.min(Math.floor(codeBytes / WORKER_BYTES), os.availableParallelism() - 1, WORKERS_LIMIT);
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

  constructor(start: WorkerStart) {
    this.worker = new Worker(WORKER, { workerData: start });
  }

  /** Puts what it delivers into `chunks`, until it has no more. */
  fill(chunks: (Chunk | undefined)[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.worker.on("message", (message: WorkerMessage) => {
        if (message === undefined) resolve();
        else chunks[message.number] = message.chunk;
      });
      this.worker.on("error", reject);
    });
  }

  end(): void {
    this.worker.unref();
    void this.worker.terminate();
  }
}
