/**
 * A machine that is a process beside this one, whatever runs in it: its console, its control records, its cable, its
 * end. What is launched, and how it is told its configuration, is the target's.
 *
 * Owns:   the process, the gateway at the other end of its cable, the pcap file.
 * Tests:  machine.test.ts, with a script in the image's place; src/targets/conformance.test.ts
 */
import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { Gateway } from "../../gateway/gateway.ts";
import { parseGrant } from "../../gateway/grant.ts";
import { escapeControls } from "../../image/escape-controls.ts";
import { UserError } from "../../image/user-error.ts";
import { streamDevice } from "../../link/stream.ts";
import { openPcap } from "../configuration.ts";
import { CrashReports } from "../crash-report.ts";
import {
  FAULT_STATUS,
  STOPPED_STATUS,
  type Forward,
  type Launchable,
  type Machine,
  type MachineOptions,
  type NativeProgram,
  type ResidentMemory,
} from "../target.ts";
import { endWithThisProcess, residentBytes } from "./children.ts";
import { LineReader, parseControlRecord, type ControlRecord } from "./control-records.ts";

/** How long what a process wrote may take to arrive once it has ended. */
const LAST_WORDS_LIMIT_MS = 1000;
/** Longer than the app may take to start; a machine that is silent after it never comes up. */
const START_LIMIT_MS = 60_000;
/** Kept of what the host's own program complains about. */
const COMPLAINTS_LIMIT = 8192;

/** A process that was just spawned. Streams that carry nothing are left out. */
export interface NativeChild {
  /** As messages call it: `QEMU`. */
  readonly name: string;
  readonly child: ChildProcess;
  readonly output: Readable;
  readonly errors: Readable;
  readonly control: Readable;
  /** What is no word of the guest's, but of the program that runs it. */
  readonly complaints?: Readable;
  /** Frames, each after its length. */
  readonly cable?: Duplex;
  /** Checksums and segments are left to each other's end, and virtio's header stands before each frame. */
  readonly offloads?: boolean;
  /** What to do about a process that did not come up, as far as its complaints tell. */
  readonly hint?: (complaints: string) => string | undefined;
  /** Ends it at once. */
  kill(): void;
  /** The machine has read its files. */
  started?(): void;
}

export function requireNative({ native }: Launchable): NativeProgram {
  if (native === undefined) throw new Error("this target starts native images, and was given modules alone");
  return native;
}

/** Resolves when the app's `start` has run, or the machine has ended by itself before. */
export async function runNative(
  image: Launchable,
  options: MachineOptions,
  spawn: () => NativeChild,
): Promise<Machine<ResidentMemory>> {
  const pcapFile = openPcap(options.pcapFile, (text) => options.onConsole(2, text));
  const outbound = options.outbound.map(parseGrant);
  let machine: NativeMachine | undefined;
  let gateway: Gateway | undefined;
  try {
    const native = spawn();
    machine = new NativeMachine(native, new CrashReports(image, requireNative(image)), options.onConsole);
    const say = (text: string): void => options.onConsole(2, `gateway: ${text.trimEnd()}\n`);
    if (native.cable !== undefined) {
      const device = streamDevice(native.cable, (problem) => {
        if (problem !== undefined) say(`the guest's cable: ${problem}`);
      });
      gateway = new Gateway({
        device: pcapFile.watch(device),
        offloads: native.offloads === true,
        forwards: options.forwards.map((forward) => ({ ...forward, protocol: "tcp" as const })),
        outbound,
        report: say,
      });
    }
    const forwards = (await gateway?.start()) ?? [];
    await machine.started;
    void machine.exited.then(() => {
      gateway?.stop();
      pcapFile.close();
    });
    return machine.face(forwards, async (port) => (await gateway?.answers(port)) ?? false);
  } catch (error) {
    gateway?.stop();
    pcapFile.close();
    await machine?.stop();
    throw error;
  }
}

function tooSlow(name: string): UserError {
  const said = `the machine said nothing within ${START_LIMIT_MS / 1000} s of its start: ${name} was ended`;
  return new UserError("start", said, "give it more --memory, or try --target node");
}

class NativeMachine {
  readonly #native: NativeChild;
  readonly #reports: CrashReports;
  readonly #onConsole: MachineOptions["onConsole"];
  #complaints = "";
  #status: number | undefined;
  #hasStarted = false;
  #isStopped = false;
  #hasEnded = false;
  #start: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #end: (status: number) => void = () => {};
  /** Rejects where the process did not come up. */
  readonly started = new Promise<void>((resolve, reject) => {
    this.#start = resolve;
    this.#fail = reject;
  });
  readonly exited = new Promise<number>((resolve) => (this.#end = resolve));

  constructor(native: NativeChild, reports: CrashReports, onConsole: MachineOptions["onConsole"]) {
    this.#native = native;
    this.#reports = reports;
    this.#onConsole = onConsole;
    const timer = setTimeout(() => this.#fail(tooSlow(native.name)), START_LIMIT_MS);
    // Whoever waits for the start hears of it; before, ports may be what fails.
    this.started.catch(() => {}).finally(() => clearTimeout(timer));
    const { child, output, errors, control, complaints } = native;
    endWithThisProcess(child);
    this.#forward(1, output);
    this.#forward(2, errors);
    const lines = new LineReader((line) => this.#take(parseControlRecord(line)));
    listen(control, (bytes) => lines.push(bytes));
    if (complaints !== undefined) listen(complaints, (bytes) => this.#complain(bytes));
    child.once("error", (error) => this.#finish(`did not start: ${error.message}`));
    child.once("exit", (status, signal) => {
      const streams = [output, errors, control, ...(complaints === undefined ? [] : [complaints])];
      void drained(streams).then(() => this.#finish(describeEnd(status, signal)));
    });
  }

  face(forwards: readonly Forward[], answers: Machine["answers"]): Machine<ResidentMemory> {
    return {
      forwards,
      answers,
      exited: this.exited,
      status: () => this.#memory(),
      stop: () => this.stop(),
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (!this.#hasEnded) this.#native.kill();
    await this.exited;
  }

  async #memory(): Promise<ResidentMemory> {
    const { pid } = this.#native.child;
    const bytes = this.#hasEnded || pid === undefined ? undefined : residentBytes(pid);
    if (bytes === undefined) throw new Error("the machine has ended, or the system does not tell its memory");
    return { residentBytes: bytes };
  }

  #forward(stream: 1 | 2, from: Readable): void {
    const decoder = new TextDecoder();
    listen(from, (bytes) => this.#onConsole(stream, decoder.decode(bytes, { stream: true })));
  }

  #take(record: ControlRecord): void {
    if (record.kind === "started" && !this.#hasStarted) this.#begin();
    if (record.kind === "exit") this.#status = record.status;
    if (record.kind === "unknown") this.#say(`the machine tells what is no record: ${record.line}`);
    const report = this.#reports.take(record);
    if (report !== undefined) this.#onConsole(2, report);
  }

  #begin(): void {
    this.#hasStarted = true;
    this.#native.started?.();
    this.#start();
  }

  #complain(bytes: Uint8Array): void {
    if (this.#complaints.length < COMPLAINTS_LIMIT) this.#complaints += Buffer.from(bytes).toString();
  }

  /** The process is gone. Its own record of how it ended decides; without one it did not end by itself. */
  #finish(how: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { name, cable, hint } = this.#native;
    cable?.destroy();
    const complaints = escapeControls(this.#complaints.trim().replaceAll("\n", "; "));
    const message = `${name} ${how}${complaints === "" ? "" : `: ${complaints}`}`;
    if (this.#status !== undefined) this.#begin();
    else if (this.#isStopped) this.#fail(new Error("the machine was stopped before it had started"));
    else if (!this.#hasStarted) this.#fail(new UserError("machine", message, hint?.(this.#complaints)));
    else this.#say(`the machine ended without a word: ${message}`);
    this.#end(this.#status ?? (this.#isStopped ? STOPPED_STATUS : FAULT_STATUS));
  }

  #say(text: string): void {
    this.#onConsole(2, `${escapeControls(text)}\n`);
  }
}

function listen(stream: Readable, take: (bytes: Uint8Array) => void): void {
  stream.on("data", take);
  // A process that is killed resets its sockets.
  stream.on("error", () => {});
}

/** All that was written has come. */
async function drained(streams: readonly Readable[]): Promise<void> {
  const ends = streams.map((stream) => {
    if (stream.readableEnded || stream.destroyed) return undefined;
    return new Promise<void>((resolve) => {
      stream.once("end", resolve);
      stream.once("close", resolve);
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LAST_WORDS_LIMIT_MS)));
  await Promise.race([Promise.all(ends), late]);
  clearTimeout(timer);
}

function describeEnd(status: number | null, signal: NodeJS.Signals | null): string {
  if (signal === null) return `ended with status ${status}`;
  const forbidden = signal === "SIGSYS" ? ", for a system call that is not on its list" : "";
  return `was ended by ${signal}${forbidden}`;
}
