/** A thread that helps to compile one module: takes chunks while there are any. */
import { parentPort, workerData } from "node:worker_threads";
import { compileChunk, type PreparedModule } from "../compiler/compile.ts";
import { chunkOrder, takeChunk } from "./chunks.ts";
import type { WorkerMessage, WorkerStart } from "./messages.ts";

const taken = new Int32Array((workerData as WorkerStart).taken);
const port = parentPort!;

port.once("message", (prepared: PreparedModule) => {
  const order = chunkOrder(prepared);
  try {
    for (let number = takeChunk(order, taken); number !== undefined; number = takeChunk(order, taken)) {
      const chunk = compileChunk(prepared, number);
      send(
        { number, chunk },
        Object.values(chunk.assembled).map((array: Uint8Array | Int32Array) => array.buffer as ArrayBuffer),
      );
    }
  } catch {
    // What is not delivered the other thread compiles itself: there the error is thrown as what it is.
  }
  send(undefined, []);
});

function send(message: WorkerMessage, transferred: ArrayBuffer[]): void {
  port.postMessage(message, transferred);
}
