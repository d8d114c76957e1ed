/**
 * Machines in the background: another process of this command attends each, and tells its parent how the start went.
 *
 *   skerry run -d ──spawns──► skerry run --attend FOLDER ──► machine
 *        ▲                        │ messages until it has started
 *        └────────────────────────┘ then its log and its record in FOLDER (src/machines)
 *
 * The machine ends with its attendant, however that ends.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { UserError } from "../image/user-error.ts";
import { identify } from "../machines/identity.ts";
import { LogWriter } from "../machines/log-file.ts";
import { claim, note } from "../machines/registry.ts";
import type { Output } from "./output.ts";

type Message =
  | {
      readonly kind: "event";
      readonly name: string;
      readonly text: string;
      readonly facts?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "started"; readonly urls: readonly string[] }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
    };

const FAILED_STATUS = 2;

export interface Attended {
  readonly urls: readonly string[];
}

/** Resolves once the machine has started. Throws its `UserError` where it does not. */
export async function startAttendant(
  name: string,
  entry: string,
  words: readonly string[],
  output: Output,
): Promise<Attended> {
  const record = { format: 1, name, entry, startedAt: Date.now(), attendant: identify(process.pid) } as const;
  const folder = claim(record);
  const command = [...process.execArgv, process.argv[1]!, "run", ...words, "--attend", folder];
  const child = spawn(process.execPath, command, {
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let complaints = "";
  child.stderr!.on("data", (bytes: Buffer) => (complaints += bytes.toString()));
  try {
    const attended = await new Promise<Attended>((resolve, reject) => {
      child.on("message", (message: Message) => {
        if (message.kind === "progress") output.progress(message.text);
        if (message.kind === "event") output.event(message.name, message.text, message.facts);
        if (message.kind === "started") resolve(message);
        if (message.kind === "failed") reject(new UserError(message.code, message.message, message.hint));
      });
      child.once("error", reject);
      child.once("exit", (status) => reject(new Error(`the attendant ended with ${status}: ${complaints}`)));
    });
    child.disconnect();
    child.stderr!.destroy();
    child.unref();
    return attended;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** In the attendant: runs with an output that goes to the log and, as long as it listens, to the parent. */
export async function attend(folder: string, runHere: (output: Output) => Promise<number>): Promise<number> {
  note(folder, { attendant: identify(process.pid) });
  const say = (message: Message): void => {
    // The parent may have been killed; the machine is started all the same.
    if (process.connected === true) process.send!(message, () => {});
  };
  process.on("disconnect", () => {});
  process.channel?.unref();
  process.stderr.on("error", () => {});
  const urls: string[] = [];
  let hasStarted = false;
  const log = new LogWriter(folder);
  const output: Output = {
    console: (stream, text) => log.write({ at: Date.now(), stream: stream === 2 ? "error" : "output", text }),
    event(name, text, facts) {
      if (typeof facts?.["url"] === "string") urls.push(facts["url"]);
      if (hasStarted) note(folder, { urls });
      if (name === "built") note(folder, { target: String(facts?.["target"]) });
      say({ kind: "event", name, text, ...(facts === undefined ? {} : { facts }) });
    },
    fact(name, facts) {
      if (name === "exited") note(folder, { exitStatus: Number(facts["status"]) });
      if (name !== "started") return;
      hasStarted = true;
      note(folder, { urls });
      say({ kind: "started", urls });
    },
    progress: (text) => say({ kind: "progress", text }),
  };
  try {
    return await runHere(output);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, hint } = error;
    say({ kind: "failed", code, message, hint });
    return FAILED_STATUS;
  }
}
