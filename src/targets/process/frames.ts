/**
 * From a fault in machine code to a trap of the program: its kind, and the functions that were running.
 *
 * The stack is walked by the sizes that the compiler and the linker noted: a frame reaches from its return address
 * down to rsp, and every call is made at that rsp. The walk ends at code that is neither, which is an entry stub.
 * A stack that ends in the middle of a prologue leaves a frame that is not whole: what was pushed is counted.
 */
import type { CodeRegion, LinkedProgram } from "../../linker/linked.ts";
import type { CompiledFunction, CompiledModule } from "../../abi/object.ts";
import { TrapKind } from "../../abi/trap.ts";
import { STACK_GUARD_BYTES } from "../../platform/process/start.ts";

/** Frames reported of one trap. */
const FRAMES_LIMIT = 64;
const WORD_BYTES = 8;
const REX_B = 0x41;
const PUSH_REGISTER = 0x50;
/** `test [rsp + disp32], eax`, without the displacement. */
const PROBE = [0x85, 0x84, 0x24];
const PROBE_BYTES = 7;
const TRAP_RECORD_NUMBERS = 3;
const PLACE_RECORD_NUMBERS = 3;

export interface Frame {
  readonly instance: number;
  /** -1 in the code that initializes an instance. */
  readonly functionIndex: number;
  readonly name?: string;
  /** In the module. */
  readonly byteOffset: number;
}

export interface Trap {
  readonly kind: TrapKind;
  /** The innermost first. */
  readonly frames: readonly Frame[];
}

/** What the process says of a fault; addresses of code as code offsets. */
export interface Fault {
  readonly signal: number;
  readonly instruction: number;
  readonly address: bigint;
  readonly guardStart: bigint;
  readonly codeBase: bigint;
  readonly stackPointer: bigint;
  /** The address of the first byte of `stack`. */
  readonly stackStart: bigint;
  readonly stack: Uint8Array;
}

/** Undefined if no trap of the program explains the fault. */
export function explainFault(program: LinkedProgram, fault: Fault): Trap | undefined {
  const kind = trapKind(program, fault);
  return kind === undefined ? undefined : { kind, frames: walk(program, fault) };
}

function trapKind(program: LinkedProgram, fault: Fault): TrapKind | undefined {
  const fromGuard = fault.address - fault.guardStart;
  if (fromGuard >= 0n && fromGuard < BigInt(STACK_GUARD_BYTES)) return TrapKind.StackExhausted;
  const region = findRegion(program.regions, fault.instruction);
  if (region === undefined || region.instances.length === 0) return undefined;
  const { traps } = program.instances[region.instances[0]!]!.module;
  const offset = fault.instruction - region.start;
  const at = lastNotAfter(traps, TRAP_RECORD_NUMBERS, offset);
  return at >= 0 && traps[at] === offset ? traps[at + 1] : undefined;
}

function walk(program: LinkedProgram, fault: Fault): Frame[] {
  const frames: Frame[] = [];
  const stack = new DataView(fault.stack.buffer, fault.stack.byteOffset, fault.stack.byteLength);
  let instruction = fault.instruction;
  let returned = 0;
  let stackPointer = Number(fault.stackPointer - fault.stackStart);
  while (frames.length < FRAMES_LIMIT) {
    const region = findRegion(program.regions, instruction - returned);
    if (region === undefined) break;
    const bytes = region.frameBytes ?? enterFunction(program, region, instruction - returned, frames);
    const slot = stackPointer + (bytes ?? 0);
    if (bytes === undefined || slot < 0 || slot + WORD_BYTES > stack.byteLength) break;
    instruction = Number(stack.getBigUint64(slot, true) - fault.codeBase);
    stackPointer = slot + WORD_BYTES;
    // A return address stands after its call, which may be the last instruction of its place.
    returned = 1;
  }
  return frames;
}

/** Adds the function's frame; gives its size. */
function enterFunction(
  program: LinkedProgram,
  region: CodeRegion,
  instruction: number,
  frames: Frame[],
): number | undefined {
  const instance = region.instances[0]!;
  const { module } = program.instances[instance]!;
  const offset = instruction - region.start;
  const found = findFunction(module, offset);
  if (found === undefined) return undefined;
  const place = lastNotAfter(module.places, PLACE_RECORD_NUMBERS, offset);
  const functionIndex = found === module.initializer ? -1 : found.index;
  const name = module.names[functionIndex];
  const byteOffset = place < 0 ? 0 : module.places[place + 1]!;
  frames.push({ instance, functionIndex, ...(name === undefined ? {} : { name }), byteOffset });
  return pushedBytes(module.code, found.offset, offset) ?? found.frameBytes;
}

/**
 * What the prologue from `start` has pushed before the instruction at `end`; undefined once it is over. A prologue
 * pushes registers (50+r, 41 50+r), then probes a large frame (`test [rsp - n], eax`), then moves rsp.
 */
function pushedBytes(code: Uint8Array, start: number, end: number): number | undefined {
  let pushed = 0;
  for (let at = start; at < end;) {
    const long = code[at] === REX_B ? 1 : 0;
    if ((code[at + long]! & 0xf8) === PUSH_REGISTER) {
      pushed += WORD_BYTES;
      at += 1 + long;
    } else if (PROBE.every((byte, index) => code[at + index] === byte)) {
      at += PROBE_BYTES;
    } else {
      return undefined;
    }
  }
  return pushed;
}

function findRegion(regions: readonly CodeRegion[], offset: number): CodeRegion | undefined {
  let low = 0;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (regions[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  const region = regions[low - 1];
  return region !== undefined && offset < region.end ? region : undefined;
}

function findFunction(module: CompiledModule, offset: number): CompiledFunction | undefined {
  const holds = (item: CompiledFunction) => item.offset <= offset && offset < item.offset + item.sizeBytes;
  return holds(module.initializer) ? module.initializer : module.functions.find(holds);
}

/** Position of the last record whose first number is at most `offset`, or below 0. */
function lastNotAfter(records: Int32Array, numbers: number, offset: number): number {
  let low = 0;
  let high = records.length / numbers;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (records[middle * numbers]! <= offset) low = middle + 1;
    else high = middle;
  }
  return (low - 1) * numbers;
}
