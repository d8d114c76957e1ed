/**
 * A program that runs as a Linux process beside this one, and is called from here: the test bench of the compiler,
 * and what `skerry run --target process --invoke` stands on.
 *
 * The process answers one request after the other over a socket it inherits, and ends when this side is gone.
 * Requests may be made without waiting; they are done in order. After a time-out the session is over.
 *
 * Tests: session.test.ts
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { MemoryHeader } from "../../abi/object.ts";
import type { TrapKind } from "../../abi/trap.ts";
import { ValueType, WASM_PAGE_BYTES, type FunctionType } from "../../abi/wasm.ts";
import type { FunctionPlace, LinkedInstance, LinkedProgram } from "../../linker/linked.ts";
import { Connection, type ReceivedAnswer } from "./connection.ts";
import { writeExecutable } from "../../platform/process/executable.ts";
import type { Frame } from "../stack-walk.ts";
import { explainFault, type Fault } from "./frames.ts";
import {
  Answer,
  AnswerStatus,
  RequestKind,
  SESSION_SOCKET,
  SLOT_BYTES,
  SLOTS_LIMIT,
} from "../../platform/process/protocol.ts";
import type { WasmValue } from "./value.ts";

export type Outcome =
  | { readonly kind: "returned"; readonly values: readonly WasmValue[] }
  | { readonly kind: "trapped"; readonly trap: TrapKind; readonly frames: readonly Frame[] }
  | { readonly kind: "timedOut" };

export interface SessionOptions {
  /** Of every call that names none; without it calls may take for ever. */
  readonly timeoutMs?: number;
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export class ProcessSession {
  readonly #program: LinkedProgram;
  readonly #child: ChildProcess;
  readonly #connection: Connection;
  readonly #exited: Promise<void>;
  readonly #timeoutMs: number | undefined;
  #errorText = "";
  /** Calls are made one at a time, so that each has its own time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** `program` is linked for this platform, without a command of its own (`linkForProcess`). */
  static async start(program: LinkedProgram, options: SessionOptions = {}): Promise<ProcessSession> {
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
    try {
      const file = path.join(folder, "image");
      writeFileSync(file, writeExecutable(program), { mode: 0o700 });
      // Once the process runs, the file may go: the system keeps what is mapped.
      const child = spawn(file, [], { env: {}, stdio: ["ignore", "ignore", "pipe", "pipe"] });
      await new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("spawn", resolve);
      });
      return new ProcessSession(program, child, options);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private constructor(program: LinkedProgram, child: ChildProcess, options: SessionOptions) {
    this.#program = program;
    this.#child = child;
    this.#timeoutMs = options.timeoutMs;
    this.#connection = new Connection(child.stdio[SESSION_SOCKET] as Duplex);
    child.stderr!.on("data", (chunk: Buffer) => (this.#errorText += chunk.toString()));
    this.#exited = new Promise((resolve) => {
      child.once("close", (status, signal) => {
        const how = signal === null ? `with status ${status}` : `by ${signal}`;
        this.#connection.end(
          new Error(`the process ended ${how}: ${this.#errorText.trim() || "no message"}`),
        );
        resolve();
      });
    });
  }

  /** Of the process, for those who measure it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Runs an instance's initializer: constants of its globals, active segments, start function. */
  initialize(instance: number): Promise<Outcome> {
    return this.#call(this.#instance(instance).initializer, [], this.#timeoutMs);
  }

  /** Calls a function by its index in the instance's module, imports included. */
  call(
    instance: number,
    functionIndex: number,
    values: readonly WasmValue[],
    timeoutMs = this.#timeoutMs,
  ): Promise<Outcome> {
    const place = this.#instance(instance).functions[functionIndex];
    if (place === undefined) throw new RangeError(`instance ${instance} has no function ${functionIndex}`);
    return this.#call(place, values, timeoutMs);
  }

  /** Throws a RangeError where the memory is smaller. */
  async readMemory(instance: number, offset: number, length: number): Promise<Uint8Array> {
    await this.#requireRange(instance, offset, length);
    const { memory } = this.#instance(instance);
    return this.#read(memory, offset, length);
  }

  async writeMemory(instance: number, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#requireRange(instance, offset, bytes.length);
    const { memory } = this.#instance(instance);
    const { length } = bytes;
    await this.#connection.request({ kind: RequestKind.Write, memory, displacement: offset, length }, bytes);
  }

  async memoryPages(instance: number): Promise<number> {
    const bytes = await this.#read(this.#instance(instance).memory, MemoryHeader.Pages, 4);
    return viewOf(bytes).getUint32(0, true);
  }

  async readGlobal(instance: number, globalIndex: number): Promise<WasmValue> {
    const { module, globals } = this.#instance(instance);
    const place = globals[globalIndex];
    const global = module.globals[globalIndex];
    if (place === undefined || global === undefined) {
      throw new RangeError(`instance ${instance} has no global ${globalIndex}`);
    }
    const length = global.type === ValueType.V128 ? SLOT_BYTES : 8;
    const bytes = new Uint8Array(SLOT_BYTES);
    bytes.set(await this.#read(place.memory, place.displacement, length));
    return slotValue(viewOf(bytes), 0, global.type);
  }

  async stop(): Promise<void> {
    this.#connection.end(new Error("the session was stopped"));
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #instance(number: number): LinkedInstance {
    const instance = this.#program.instances[number];
    if (instance === undefined) throw new RangeError(`there is no instance ${number}`);
    return instance;
  }

  async #read(memory: number, displacement: number, length: number): Promise<Uint8Array> {
    const { data } = await this.#connection.request({
      kind: RequestKind.Read,
      memory,
      displacement,
      length,
    });
    return data;
  }

  async #requireRange(instance: number, offset: number, length: number): Promise<void> {
    const size = (await this.memoryPages(instance)) * WASM_PAGE_BYTES;
    if (offset < 0 || length < 0 || offset + length > size) {
      throw new RangeError(`bytes ${offset} to ${offset + length} are outside the memory's ${size}`);
    }
  }

  #call(place: FunctionPlace, values: readonly WasmValue[], timeoutMs: number | undefined): Promise<Outcome> {
    const type = this.#program.signatures[place.signature - 1]!;
    const slots = writeSlots(type, values);
    const call = this.#turn.then(() => this.#callNow(place, type, slots, timeoutMs));
    this.#turn = call.catch(() => {});
    return call;
  }

  async #callNow(
    place: FunctionPlace,
    type: FunctionType,
    slots: Uint8Array,
    timeoutMs: number | undefined,
  ): Promise<Outcome> {
    const answer = this.#connection.request(
      {
        kind: RequestKind.Call,
        memory: place.memory,
        stub: this.#program.entryStubs[place.signature - 1]!,
        function: place.code,
        length: slots.length,
        resultLength: type.results.length * SLOT_BYTES,
      },
      slots,
    );
    if (timeoutMs === undefined) return this.#outcome(await answer, type);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.min(timeoutMs, LONGEST_TIMEOUT_MS));
    });
    const first = await Promise.race([answer, late]).finally(() => clearTimeout(timer));
    if (first !== undefined) return this.#outcome(first, type);
    answer.catch(() => {});
    this.#connection.end(new Error(`the session ended: a call took more than ${timeoutMs} ms`));
    this.#child.kill("SIGKILL");
    return { kind: "timedOut" };
  }

  #outcome({ header, data }: ReceivedAnswer, type: FunctionType): Outcome {
    if (header.getUint32(Answer.Status, true) === AnswerStatus.Done) {
      const view = viewOf(data);
      return { kind: "returned", values: type.results.map((item, index) => slotValue(view, index, item)) };
    }
    const fault = readFault(header, data);
    const trap = explainFault(this.#program, fault);
    if (trap !== undefined) return { kind: "trapped", trap: trap.kind, frames: trap.frames };
    const where = `code offset 0x${fault.instruction.toString(16)}, address 0x${fault.address.toString(16)}`;
    throw new Error(`signal ${fault.signal} where no trap can be: ${where}`);
  }
}

function readFault(header: DataView, stack: Uint8Array): Fault {
  const word = (at: Answer) => header.getBigUint64(at, true);
  const codeBase = word(Answer.CodeBase);
  return {
    signal: header.getUint32(Answer.Signal, true),
    instruction: Number(word(Answer.InstructionPointer) - codeBase),
    address: word(Answer.FaultAddress),
    guardStart: word(Answer.GuardStart),
    codeBase,
    stackPointer: word(Answer.StackPointer),
    stackStart: word(Answer.DataAddress),
    stack,
  };
}

function writeSlots({ parameters, results }: FunctionType, values: readonly WasmValue[]): Uint8Array {
  if (values.length !== parameters.length || values.some(({ type }, at) => type !== parameters[at])) {
    throw new TypeError("the arguments are not of the function's parameter types");
  }
  if (parameters.length > SLOTS_LIMIT || results.length > SLOTS_LIMIT) {
    throw new RangeError(`a session calls functions of at most ${SLOTS_LIMIT} parameters and results`);
  }
  const bytes = new Uint8Array(values.length * SLOT_BYTES);
  const view = viewOf(bytes);
  values.forEach(({ type, bits }, index) => {
    const low = type === ValueType.I32 || type === ValueType.F32 ? BigInt.asUintN(32, bits) : bits;
    view.setBigUint64(index * SLOT_BYTES, BigInt.asUintN(64, low), true);
    view.setBigUint64(index * SLOT_BYTES + 8, type === ValueType.V128 ? bits >> 64n : 0n, true);
  });
  return bytes;
}

/** Slots hold undefined bytes above the value. */
function slotValue(view: DataView, index: number, type: ValueType): WasmValue {
  const at = index * SLOT_BYTES;
  if (type === ValueType.I32 || type === ValueType.F32) {
    return { type, bits: BigInt(view.getUint32(at, true)) };
  }
  const low = view.getBigUint64(at, true);
  if (type !== ValueType.V128) return { type, bits: low };
  return { type, bits: low | (view.getBigUint64(at + 8, true) << 64n) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
