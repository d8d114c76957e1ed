/**
 * What is known at a place in a body that is being validated: its locals and the frames of its open blocks, beside
 * the operands (Wasm 2.0 core, appendix A.3).
 *
 * Flat arrays, kept from body to body: blocks cost no object.
 */
import { ValueType, type FunctionType } from "../../abi/wasm.ts";
import { invalid, tooLarge } from "./error.ts";
import type { FactsDraft } from "./facts.ts";
import { InstructionReader } from "./instruction.ts";
import { FUNCTION_LOCALS_LIMIT } from "./limits.ts";
import type { Body, Module } from "./module.ts";
import { OperandStack } from "./operands.ts";

const LOOP = 0x03;
export const IF = 0x04;

const INITIAL_FRAMES = 64;

export class BodyContext {
  readonly module: Module;
  readonly facts: FactsDraft;
  /** By function: whether `ref.func` may name it. */
  readonly isDeclared: Uint8Array;
  readonly operands = new OperandStack();
  reader: InstructionReader;
  /** Of the function being validated. */
  results: readonly ValueType[] = [];
  frameCount = 0;
  /** Opcode that opened the frame; the function's own is as a block's. */
  private frameOpcodes = new Uint8Array(INITIAL_FRAMES);
  private frameFloors = new Int32Array(INITIAL_FRAMES);
  private frameUnreachable = new Uint8Array(INITIAL_FRAMES);
  private readonly frameTypes: FunctionType[] = [];
  private readonly locals = new Uint8Array(FUNCTION_LOCALS_LIMIT);
  private localCount = 0;

  constructor(module: Module, facts: FactsDraft, isDeclared: Uint8Array) {
    this.module = module;
    this.facts = facts;
    this.isDeclared = isDeclared;
    this.reader = new InstructionReader(module, { start: 0, end: 0 });
  }

  /** Begins a body; `next` of its reader comes next. */
  enter(type: FunctionType, body: Body): void {
    this.reader = new InstructionReader(this.module, body);
    this.results = type.results;
    this.operands.reset(this.reader);
    this.setLocals(type, body);
    this.frameCount = 0;
    this.pushFrame(0, { parameters: [], results: type.results });
  }

  private setLocals({ parameters }: FunctionType, { locals, start }: Body): void {
    const count = parameters.length + locals.length;
    if (count > FUNCTION_LOCALS_LIMIT) throw tooLarge(start, "too many locals", FUNCTION_LOCALS_LIMIT);
    this.locals.set(parameters);
    this.locals.set(locals, parameters.length);
    this.localCount = count;
    if (!this.facts.hasSimd && locals.includes(ValueType.V128)) this.facts.hasSimd = true;
  }

  /** Of the local that the instruction names. */
  localType(): ValueType {
    const { index, offset } = this.reader;
    if (index >= this.localCount) throw invalid(offset, `unknown local ${index}`);
    return this.locals[index]!;
  }

  fail(reason: string): never {
    throw invalid(this.reader.offset, reason);
  }

  // Frames.

  /** Its parameters are popped already. */
  pushFrame(opcode: number, type: FunctionType): void {
    const { operands, frameCount } = this;
    if (frameCount === this.frameOpcodes.length) this.growFrames();
    this.frameOpcodes[frameCount] = opcode;
    this.frameFloors[frameCount] = operands.floor;
    this.frameUnreachable[frameCount] = operands.unreachable ? 1 : 0;
    this.frameTypes[frameCount] = type;
    this.frameCount++;
    operands.floor = operands.height;
    operands.unreachable = false;
    operands.pushAll(type.parameters);
  }

  /** Checks the results and leaves none of them on the stack. */
  popFrame(): { opcode: number; type: FunctionType } {
    const { operands } = this;
    const frame = this.frameCount - 1;
    const type = this.frameTypes[frame]!;
    operands.popAll(type.results);
    operands.checkEmpty();
    this.frameCount = frame;
    operands.floor = this.frameFloors[frame]!;
    operands.unreachable = this.frameUnreachable[frame] !== 0;
    return { opcode: this.frameOpcodes[frame]!, type };
  }

  /** What a branch to a label brings. */
  labelTypes(depth: number): readonly ValueType[] {
    if (depth >= this.frameCount) this.fail(`unknown label ${depth}`);
    const frame = this.frameCount - 1 - depth;
    const type = this.frameTypes[frame]!;
    return this.frameOpcodes[frame] === LOOP ? type.parameters : type.results;
  }

  private growFrames(): void {
    const size = this.frameOpcodes.length * 2;
    const grown = <T extends Uint8Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.frameOpcodes = grown(this.frameOpcodes, new Uint8Array(size));
    this.frameFloors = grown(this.frameFloors, new Int32Array(size));
    this.frameUnreachable = grown(this.frameUnreachable, new Uint8Array(size));
  }
}
