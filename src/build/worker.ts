/** A thread that helps to compile one module: takes chunks while there are any. */
import { parentPort, workerData } from "node:worker_threads";
import { compileChunk } from "../compiler/compile.ts";
import { chunkOrder, takeChunk } from "./chunks.ts";
import type { WorkerMessage, WorkerStart } from "./messages.ts";

const { prepared, taken: shared } = workerData as WorkerStart;
const taken = new Int32Array(shared);
const order = chunkOrder(prepared);

try {
  for (let number = takeChunk(order, taken); number !== undefined; number = takeChunk(order, taken)) {
    const chunk = compileChunk(prepared, number);
    const arrays: (Uint8Array | Int32Array)[] = Object.values(chunk.assembled);
    send(
      { number, chunk },
      arrays.map((array) => array.buffer as ArrayBuffer),
    );
  }
} catch {
  // What is not delivered the other thread compiles itself: there the error is thrown as what it is.
}
send(undefined, []);

function send(message: WorkerMessage, transferred: ArrayBuffer[]): void {
  parentPort!.postMessage(message, transferred);
}
