/**
 * Runs script files in a process of its own, one after another, as `run.ts` sends their paths, and sends back
 * reports: so that a call that hangs, or a fault that ends the process, costs one file.
 */
import { readFileSync } from "node:fs";
import { Assembler } from "./assembler.ts";
import type { Executor } from "./executor.ts";
import type { Report } from "./report.ts";
import { runScript } from "./run-script.ts";
import { readScript } from "./script-file.ts";

export type Engine = "native" | "v8";

export interface FileRequest {
  readonly file: string;
  readonly engine: Engine;
}

export type FileAnswer =
  { readonly file: string; readonly report: Report } | { readonly file: string; readonly crash: string };

async function createExecutor(engine: Engine): Promise<Executor> {
  if (engine === "v8") return new (await import("./v8/executor.ts")).V8Executor() as Executor;
  return new (await import("./native/executor.ts")).NativeExecutor() as Executor;
}

const assembler = Assembler.load();

async function answer({ file, engine }: FileRequest): Promise<FileAnswer> {
  try {
    const commands = readScript(file, readFileSync(file));
    return { file, report: await runScript(commands, await createExecutor(engine), await assembler) };
  } catch (error) {
    return { file, crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on("message", (request: FileRequest) => {
  void answer(request).then((result) => process.send!(result));
});
