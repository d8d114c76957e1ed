/**
 * The `node` target: image and gateway together in a worker thread of this process. Needs nothing but Node.
 *
 * A thread of its own, so that an endless loop in the app leaves the command line alive: it can still be stopped.
 */
import { Worker } from "node:worker_threads";
import type { Image } from "../../image/image.ts";
import { UserError } from "../../image/user-error.ts";
import type { Machine, MachineOptions, Target } from "../target.ts";
import type { WorkerMessage, WorkerStart } from "./messages.ts";

/** The worker beside this file: TypeScript in the repository, one of the bundles in `dist`. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./node-worker.js", import.meta.url);
/** What a machine that was stopped, and did not end by itself, reports: 128 + SIGTERM. */
const STOPPED_STATUS = 143;

export const nodeTarget: Target = { name: "node", start };

async function start(image: Image, options: MachineOptions): Promise<Machine> {
  const { onConsole, ...rest } = options;
  const worker = new Worker(WORKER, { workerData: { image, ...rest } satisfies WorkerStart });
  let end: (status: number) => void = () => {};
  const exited = new Promise<number>((resolve) => (end = resolve));
  return new Promise((resolve, reject) => {
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "console") onConsole(message.stream, message.text);
      if (message.kind === "exited") end(message.status);
      if (message.kind === "refused") reject(new UserError(message.code, message.message, message.hint));
      if (message.kind === "ready") resolve({ forwards: message.forwards, exited, stop });
    });
    worker.on("error", (error) => {
      reject(error);
      onConsole(2, `the machine's thread failed: ${error.stack ?? error.message}\n`);
      end(1);
    });
    worker.on("exit", () => end(STOPPED_STATUS));
  });

  /** Closes ports and files first; a thread that no longer listens is ended all the same. */
  async function stop(): Promise<void> {
    const gone = new Promise((resolve) => worker.once("exit", resolve));
    worker.postMessage("stop");
    const timer = setTimeout(() => void worker.terminate(), STOP_LIMIT_MS);
    await gone;
    clearTimeout(timer);
  }
}

const STOP_LIMIT_MS = 300;
