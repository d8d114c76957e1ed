/** Threads that run test files side by side. One that does not answer is ended, and its file counted as failed. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { CompartmentSnapshot, Parts } from "../../src/faces/js/compartment-parts.harness.ts";
import type { TestFile } from "./plan.ts";
import { FILE_LIMIT_MS, type FileResult } from "./session.ts";

/** Code of the engine that never asks whether it is overdue ends here. */
const ANSWER_LIMIT_MS = 2 * FILE_LIMIT_MS;

export interface Shell {
  readonly parts: Parts;
  readonly snapshot: CompartmentSnapshot;
  readonly root: string;
}

export async function runAll(
  shell: Shell,
  tests: readonly TestFile[],
  jobs: number,
  report: (result: FileResult) => void,
): Promise<void> {
  const waiting = [...tests];
  const lane = async (): Promise<void> => {
    let worker: Worker | undefined;
    for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
      worker ??= startWorker(shell);
      const result = await ask(worker, test);
      report(typeof result === "string" ? failed(test, result) : result);
      if (typeof result !== "string") continue;
      await worker.terminate();
      worker = undefined;
    }
    await worker?.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, tests.length) }, lane));
}

function startWorker(shell: Shell): Worker {
  const loader = pathToFileURL(path.join(import.meta.dirname, "../typescript.mjs")).href;
  return new Worker(new URL("worker.ts", import.meta.url), {
    workerData: shell,
    execArgv: ["--import", loader],
  });
}

function ask(worker: Worker, test: TestFile): Promise<FileResult | string> {
  return new Promise((resolve) => {
    const finish = (result: FileResult | string): void => {
      clearTimeout(timer);
      worker.off("message", finish);
      worker.off("error", fail);
      resolve(result);
    };
    const fail = (error: Error): void => finish(String(error));
    const timer = setTimeout(() => finish("the engine does not come back"), ANSWER_LIMIT_MS);
    worker.on("message", finish);
    worker.on("error", fail);
    worker.postMessage(test);
  });
}

function failed(test: TestFile, message: string): FileResult {
  return { test, subtests: [{ name: "(the file itself)", passed: false, message }], ms: ANSWER_LIMIT_MS };
}
