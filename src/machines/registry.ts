/**
 * The machines of this user that run in the background: a folder for each, named after it.
 *
 *   $XDG_RUNTIME_DIR/skerry/NAME/machine.json    who attends it, since when, where it listens
 *   ~/.local/state/skerry/NAME/...               without that variable
 *                               log, log.1       what its console said: JSON lines
 *
 * A name is claimed by moving a whole folder into place, which one of several succeeds in. Nothing here is believed
 * without a look at the process: it may have been killed, and its number given to another. Nor where others may write:
 * whoever lays a record there could have any process of ours stopped.
 *
 * Tests: registry.test.ts
 */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { UserError } from "../image/user-error.ts";
import { isRunning, type ProcessIdentity } from "./identity.ts";

export interface MachineRecord {
  readonly format: 1;
  readonly name: string;
  /** The process without which the machine ends. */
  readonly attendant: ProcessIdentity;
  readonly entry: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly target?: string;
  readonly urls?: readonly string[];
  /** Once it has ended by itself. */
  readonly exitStatus?: number;
}

export type MachineState = "running" | "ended";

export interface KnownMachine extends MachineRecord {
  readonly folder: string;
  readonly state: MachineState;
}

const RECORD = "machine.json";
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const NAME_LIMIT = 63;
/** Of folders that are being made or taken away: no name begins so. */
const HIDDEN = ".";

function machinesFolder(): string {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && runtime !== "") return path.join(runtime, "skerry");
  const state = process.env["XDG_STATE_HOME"] ?? path.join(os.homedir(), ".local/state");
  return path.join(state, "skerry");
}

/** All that are known, by name. What cannot be read is passed over. */
export function listMachines(root = machinesFolder()): KnownMachine[] {
  if (!isOurs(root)) return [];
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return [];
  }
  return names
    .filter((name) => !name.startsWith(HIDDEN))
    .sort()
    .flatMap((name) => findMachine(name, root) ?? []);
}

export function findMachine(name: string, root = machinesFolder()): KnownMachine | undefined {
  if (!NAME.test(name) || !isOurs(root)) return undefined;
  const folder = path.join(root, name);
  const record = readRecord(folder);
  if (record === undefined) return undefined;
  const isUp = record.exitStatus === undefined && isRunning(record.attendant);
  return { ...record, name, folder, state: isUp ? "running" : "ended" };
}

/** What a machine is called that runs this program, whatever its file or folder is called. */
export function machineName(program: string): string {
  const plain = program.replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain.slice(0, NAME_LIMIT).replace(/-+$/, "") || "machine";
}

/** Takes the record's name for it: its folder. Throws a `UserError` where a machine of that name runs. */
export function claim(record: MachineRecord, root = machinesFolder()): string {
  const { name } = record;
  if (!NAME.test(name)) {
    throw new UserError(
      "name",
      `--name ${name}: expected letters, digits, dots, hyphens, at most 63`,
      "for instance: --name api-1",
    );
  }
  makePrivate(root);
  const folder = path.join(root, name);
  const mine = mkdtempSync(path.join(root, `${HIDDEN}new-`));
  writeRecord(mine, record);
  for (;;) {
    try {
      // Fails where the folder is there, which is never empty.
      renameSync(mine, folder);
      return folder;
    } catch (error) {
      if (!TAKEN.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    if (!removeEnded(name, root)) {
      rmSync(mine, { recursive: true });
      throw new UserError(
        "name",
        `a machine called ${name} is running`,
        `stop it: skerry stop ${name}; or name this one: --name ${name}-2`,
      );
    }
  }
}

const TAKEN: ReadonlySet<string> = new Set(["ENOTEMPTY", "EEXIST"]);

/** Forgets a machine that has ended; false where it runs. */
export function removeEnded(name: string, root = machinesFolder()): boolean {
  const aside = mkdtempSync(path.join(root, `${HIDDEN}old-`));
  const taken = path.join(aside, name);
  try {
    renameSync(path.join(root, name), taken);
  } catch {
    // Another was faster.
    rmSync(aside, { recursive: true });
    return true;
  }
  const record = readRecord(taken);
  const isUp = record !== undefined && record.exitStatus === undefined && isRunning(record.attendant);
  if (isUp) renameSync(taken, path.join(root, name));
  rmSync(aside, { recursive: true, force: true });
  return !isUp;
}

/** Adds to what is known of the machine in `folder`. */
export function note(folder: string, facts: Partial<MachineRecord>): void {
  const record = readRecord(folder);
  if (record !== undefined) writeRecord(folder, { ...record, ...facts });
}

function writeRecord(folder: string, record: MachineRecord): void {
  const temporary = path.join(folder, `${RECORD}.part`);
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
  renameSync(temporary, path.join(folder, RECORD));
}

function readRecord(folder: string): MachineRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path.join(folder, RECORD), "utf8")) as Partial<MachineRecord>;
    const isWhole = record.format === 1 && typeof record.attendant?.pid === "number";
    return isWhole ? (record as MachineRecord) : undefined;
  } catch {
    return undefined;
  }
}

function makePrivate(root: string): void {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UserError("state", `${root} cannot be made: ${(error as Error).message}`, FOLDER_HINT);
  }
  if (!isOurs(root)) {
    throw new UserError("state", `${root} is another user's, or others may write to it`, FOLDER_HINT);
  }
}

const FOLDER_HINT = "set XDG_RUNTIME_DIR to a folder of yours";
const WRITABLE_BY_OTHERS = 0o022;

/** Nobody else lays anything there. Where there is nothing, nobody has. */
function isOurs(root: string): boolean {
  const me = process.getuid?.();
  const [link, folder] = [lstatSync(root, MAY_BE_MISSING), statSync(root, MAY_BE_MISSING)];
  if (me === undefined || link === undefined) return true;
  return link.uid === me && folder?.uid === me && (folder.mode & WRITABLE_BY_OTHERS) === 0;
}

const MAY_BE_MISSING = { throwIfNoEntry: false } as const;
