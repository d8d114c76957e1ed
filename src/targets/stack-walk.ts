/**
 * From an instruction of a linked program to the functions that were running, and the trap that it is noted for.
 *
 * The stack is walked by the sizes that the compiler and the linker noted: a frame reaches from its return address
 * down to rsp, and every call is made at that rsp. The walk ends at code that is neither, which is an entry stub.
 * A stack that ends in the middle of a prologue leaves a frame that is not whole: what was pushed is counted.
 */
import type { CodeRegion } from "../linker/linked.ts";
import type { CompiledFunction, CompiledModule } from "../abi/object.ts";
import type { TrapKind } from "../abi/trap.ts";
import type { ProgramPlaces } from "./target.ts";

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

/** The code offset in the stack's word at this distance from rsp; undefined where it cannot be known. */
export type ReturnAt = (distance: number) => number | undefined;

/** The trap that the compiler noted for this instruction. */
export function notedTrap(program: ProgramPlaces, instruction: number): TrapKind | undefined {
  const region = findRegion(program.regions, instruction);
  if (region === undefined || region.instances.length === 0) return undefined;
  const { traps } = program.instances[region.instances[0]!]!.module;
  const offset = instruction - region.start;
  const at = lastNotAfter(traps, TRAP_RECORD_NUMBERS, offset);
  return at >= 0 && traps[at] === offset ? traps[at + 1] : undefined;
}

/** The functions that run at `instruction`, the innermost first. */
export function walkStack(program: ProgramPlaces, instruction: number, returnAt: ReturnAt): Frame[] {
  return walkFrom(program, { code: instruction, isReturn: false, distance: 0 }, returnAt);
}

/** As `walkStack`, from the word at `distance`, which holds a return address. */
export function walkStackFrom(program: ProgramPlaces, distance: number, returnAt: ReturnAt): Frame[] {
  const code = returnAt(distance);
  if (code === undefined) return [];
  return walkFrom(program, { code, isReturn: true, distance: distance + WORD_BYTES }, returnAt);
}

interface Step {
  readonly code: number;
  /** A return address stands after its call, which may be the last instruction of its place. */
  readonly isReturn: boolean;
  /** Of its frame's first byte from the first rsp. */
  readonly distance: number;
}

function walkFrom(program: ProgramPlaces, first: Step, returnAt: ReturnAt): Frame[] {
  const frames: Frame[] = [];
  let step: Step | undefined = first;
  while (step !== undefined && frames.length < FRAMES_LIMIT) {
    const at = step.isReturn ? step.code - 1 : step.code;
    const region = findRegion(program.regions, at);
    if (region === undefined) break;
    const bytes = region.frameBytes ?? enterFunction(program, region, at, frames);
    if (bytes === undefined) break;
    const slot: number = step.distance + bytes;
    const code = returnAt(slot);
    step = code === undefined ? undefined : { code, isReturn: true, distance: slot + WORD_BYTES };
  }
  return frames;
}

/** Whether a function of an instance stands there. */
export function isModuleCode(program: ProgramPlaces, code: number): boolean {
  const region = findRegion(program.regions, code);
  return region !== undefined && region.instances.length > 0;
}

/** Adds the function's frame; gives its size. */
function enterFunction(
  program: ProgramPlaces,
  region: CodeRegion,
  instruction: number,
  frames: Frame[],
): number | undefined {
  const instance = region.instances[0];
  if (instance === undefined) return undefined;
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
