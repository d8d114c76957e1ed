/** A few processes that run files side by side. One that dies or takes too long is replaced, its file reported. */
import { fork, type ChildProcess } from "node:child_process";
import path from "node:path";
import type { Engine, FileAnswer, FileRequest } from "./run-file.ts";

const FILE_TIME_LIMIT_MS = 180_000;

export async function runFiles(
  files: readonly string[],
  engine: Engine,
  jobs: number,
  report: (answer: FileAnswer) => void,
): Promise<void> {
  const waiting = [...files];
  const lane = async (): Promise<void> => {
    let child: ChildProcess | undefined;
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      child ??= fork(path.join(import.meta.dirname, "run-file.ts"));
      const answer = await ask(child, { file, engine });
      report(answer);
      if (child.exitCode !== null || child.signalCode !== null || !child.connected) child = undefined;
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, lane));
}

function ask(child: ChildProcess, request: FileRequest): Promise<FileAnswer> {
  return new Promise((resolve) => {
    const finish = (answer: FileAnswer): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      resolve(answer);
    };
    const crash = (why: string): void => finish({ file: request.file, crash: why });
    const timer = setTimeout(() => {
      child.once("exit", () => crash(`not done after ${FILE_TIME_LIMIT_MS / 1000} s`));
      child.kill("SIGKILL");
    }, FILE_TIME_LIMIT_MS);
    child.once("message", (answer) => finish(answer as FileAnswer));
    child.once("exit", (code, signal) =>
      crash(`the process that ran it ended: ${signal ?? `status ${code}`}`),
    );
    child.once("error", (error) => crash(error.message));
    child.send(request);
  });
}
