/**
 * The `node` target: image and gateway together in a worker thread of this process. Needs nothing but Node.
 *
 * A thread of its own, so that an endless loop in the app leaves the command line alive: it can still be stopped.
 */
import { Worker } from "node:worker_threads";
import type { Image } from "../../image/image.ts";
import { UserError } from "../../image/user-error.ts";
import {
  STOPPED_STATUS,
  type Launchable,
  type Machine,
  type MachineOptions,
  type Target,
  type TouchedMemory,
} from "../target.ts";
import type { WorkerMessage, WorkerRequest, WorkerStart } from "./messages.ts";

/** The worker beside this file: TypeScript in the repository, one of the bundles in `dist`. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./node-worker.js", import.meta.url);
/** How long a machine may take to close before its thread is ended. */
const STOP_LIMIT_MS = 300;
/**
 * The engine bounds its recursion by its own stack in linear memory (256 KiB); the native frames beside it are
 * larger, most of all before Wasm is optimised. With less, deeply nested JSON from a client would trap the app.
 */
const NATIVE_STACK_MB = 16;

export const nodeTarget: Target<TouchedMemory> = { name: "node", start, warm };

/** A thread that waits for its machine. */
let spare: Worker | undefined;

/** A thread, and what it loads, take longer to begin than the machine in it. */
function warm(): void {
  if (spare !== undefined) return;
  const thread = createThread();
  const forget = (): void => void (spare = spare === thread ? undefined : spare);
  thread.once("error", forget).once("exit", forget);
  // Keeps no process from its end.
  thread.unref();
  spare = thread;
}

function takeThread(): Worker {
  const thread = spare ?? createThread();
  spare = undefined;
  thread.ref();
  return thread;
}

function createThread(): Worker {
  return new Worker(WORKER, { resourceLimits: { stackSizeMb: NATIVE_STACK_MB } });
}

async function start(given: Launchable, options: MachineOptions): Promise<Machine<TouchedMemory>> {
  const image = requireModules(given);
  const { onConsole, ...rest } = options;
  const worker = takeThread();
  worker.postMessage({ image, ...rest } satisfies WorkerStart);
  let end: (status: number) => void = () => {};
  const exited = new Promise<number>((resolve) => (end = resolve));
  const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "console") onConsole(message.stream, message.text);
      if (message.kind === "exited") end(message.status);
      if (message.kind === "refused") {
        reject(new UserError(message.code, message.message, message.hint));
        void worker.terminate();
      }
      if (message.kind === "ready") {
        resolve({ forwards: message.forwards, exited, answers, status, stop });
      }
    });
    worker.on("error", (error) => {
      reject(error);
      onConsole(2, `the machine's thread failed: ${error.stack ?? error.message}\n`);
      end(1);
    });
    worker.on("exit", () => end(STOPPED_STATUS));
  });

  function status(): Promise<TouchedMemory> {
    const told = heard((message) => (message.kind === "status" ? message.status : undefined));
    ask(worker, "status");
    const over = exited.then(() => Promise.reject(new Error("the machine has ended")));
    return Promise.race([told, over]);
  }

  function answers(port: number): Promise<boolean> {
    const told = heard((message) =>
      message.kind === "answers" && message.port === port ? message.isListening : undefined,
    );
    ask(worker, { port });
    return told;
  }

  /** What `pick` takes of the next message that holds it. */
  function heard<T>(pick: (message: WorkerMessage) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const hear = (message: WorkerMessage): void => {
        const picked = pick(message);
        if (picked === undefined) return;
        worker.off("message", hear);
        resolve(picked);
      };
      worker.on("message", hear);
    });
  }

  /** Closes ports and files first; a thread that no longer listens is ended all the same. */
  async function stop(): Promise<void> {
    ask(worker, "stop");
    const timer = setTimeout(() => void worker.terminate(), STOP_LIMIT_MS);
    await gone;
    clearTimeout(timer);
  }
}

function requireModules(image: Launchable): Image {
  const { kernel, app } = image;
  if (kernel !== undefined && app !== undefined) return { ...image, kernel, app };
  throw new UserError(
    "platform",
    `target node runs modules, and the image of ${image.manifest.name} is machine code`,
    "run the program's source with --target node, or the image without it",
  );
}

function ask(worker: Worker, request: WorkerRequest): void {
  worker.postMessage(request);
}
