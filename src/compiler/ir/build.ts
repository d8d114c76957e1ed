/**
 * From a validated body to SSA, in one walk.
 *
 * Structured control flow makes this direct: at every label we know who jumps there, and what each of them holds in
 * its locals. A forward label gets a phi for each local in which its predecessors differ; a loop's header gets one
 * for each local that the loop assigns, which `loop-locals.ts` found beforehand. Code that cannot be reached is
 * skipped. Operations are folded as they are made (`fold.ts`).
 *
 * Tests: build.test.ts, on listings.
 */
import type { FunctionType, ValueType } from "../../abi/wasm.ts";
import { InstructionReader } from "../wasm/instruction.ts";
import type { ModuleFacts } from "../wasm/facts.ts";
import type { Body, Module } from "../wasm/module.ts";
import { buildInstruction } from "./build-instruction.ts";
import { Constants } from "./constants.ts";
import { fold } from "./fold.ts";
import type { Frame } from "./frame.ts";
import { Block, End, Graph, link, type Type, type Value } from "./graph.ts";
import { localsAssignedInLoops } from "./loop-locals.ts";
import { Op } from "./tables/op.ts";

export interface FunctionSource {
  readonly module: Module;
  readonly facts: ModuleFacts;
  readonly type: FunctionType;
  readonly body: Body;
}

export function buildGraph(source: FunctionSource): Graph {
  const builder = new Builder(source);
  builder.run();
  return builder.graph;
}

export class Builder {
  readonly graph: Graph;
  readonly module: Module;
  readonly facts: ModuleFacts;
  readonly reader: InstructionReader;
  readonly stack: Value[] = [];
  locals: Value[] = [];
  private readonly type: FunctionType;
  private readonly frames: Frame[] = [];
  private readonly loopLocals: ReadonlyMap<number, readonly number[]>;
  private readonly constants: Constants;
  /** Where values go; undefined in code that cannot be reached. */
  private block: Block | undefined;

  constructor({ module, facts, type, body }: FunctionSource) {
    this.graph = new Graph(type);
    this.constants = new Constants(this.graph);
    this.module = module;
    this.facts = facts;
    this.type = type;
    this.reader = new InstructionReader(module, body);
    this.loopLocals = localsAssignedInLoops(module, body);
    this.open(new Block());
    for (const [index, parameter] of type.parameters.entries()) {
      this.locals.push(this.emit(Op.Parameter, parameter, [], index));
    }
    for (const local of body.locals) this.locals.push(this.constantOf(local, 0n));
  }

  run(): void {
    this.pushFrame("function", this.type.results, this.type.results, 0, new Block());
    const { reader } = this;
    while (reader.next()) {
      if (this.block === undefined) this.skip();
      else if (!this.buildControl(reader.opcode)) buildInstruction(this);
    }
  }

  // Values.

  get here(): Block {
    return this.block!;
  }

  pop(): Value {
    return this.stack.pop()!;
  }

  push(value: Value): void {
    this.stack.push(value);
  }

  popMany(count: number): Value[] {
    return this.stack.splice(this.stack.length - count, count);
  }

  /** The value of an operation, or one that equals it. */
  emit(op: number, type: Type, args: Value[], immediate = 0, big = 0n, immediate2 = 0): Value {
    const value = this.graph.make(op, type, args, this.here, immediate, big, this.reader.offset);
    value.immediate2 = immediate2;
    const folded = fold(value, this);
    if (folded !== value) return folded;
    this.here.values.push(value);
    return value;
  }

  i32(bits: number): Value {
    return this.constants.i32(bits);
  }

  constantOf(type: ValueType, bits: bigint): Value {
    return this.constants.of(type, bits);
  }

  // Blocks.

  private open(block: Block): void {
    block.index = this.graph.blocks.length;
    this.graph.blocks.push(block);
    this.block = block;
  }

  /** Ends the block; what follows until a label cannot be reached. */
  close(end: End, inputs: Value[]): Block {
    const block = this.here;
    block.end = end;
    block.inputs = inputs;
    block.place = this.reader.offset;
    this.block = undefined;
    return block;
  }

  /** Builds `action` where `condition` holds; it assigns no local. */
  when(condition: Value, action: () => void): void {
    const block = this.close(End.Branch, [condition]);
    const then = new Block();
    const next = new Block();
    link(block, then);
    link(block, next);
    this.open(then);
    action();
    link(this.close(End.Jump, []), next);
    this.open(next);
  }

  private pushFrame(
    kind: Frame["kind"],
    labelTypes: readonly ValueType[],
    endTypes: readonly ValueType[],
    height: number,
    target: Block,
    loopLocals: readonly number[] = [],
  ): Frame {
    const frame: Frame = {
      kind,
      labelTypes,
      endTypes,
      height,
      target,
      incomingLocals: [],
      incomingValues: [],
      otherwise: undefined,
      loopLocals,
    };
    this.frames.push(frame);
    return frame;
  }

  // Control.

  /** True if the instruction was one of control. */
  private buildControl(opcode: number): boolean {
    switch (opcode) {
      case 0x00:
        this.close(End.Trap, []);
        return true;
      case 0x01:
        return true;
      case 0x02:
        this.beginBlock();
        return true;
      case 0x03:
        this.beginLoop();
        return true;
      case 0x04:
        this.beginIf();
        return true;
      case 0x05:
        this.otherwise();
        return true;
      case 0x0b:
        this.end();
        return true;
      case 0x0c:
        this.jump(this.frameAt(this.reader.index));
        return true;
      case 0x0d:
        this.branch(this.frameAt(this.reader.index));
        return true;
      case 0x0e:
        this.table(this.reader.labels);
        return true;
      case 0x0f:
        this.close(End.Return, this.popMany(this.type.results.length));
        return true;
      default:
        return false;
    }
  }

  private frameAt(depth: number): Frame {
    return this.frames[this.frames.length - 1 - depth]!;
  }

  private beginBlock(): void {
    const { parameters, results } = this.reader.blockType;
    this.pushFrame("block", results, results, this.stack.length - parameters.length, new Block());
  }

  private beginLoop(): void {
    const { parameters, results } = this.reader.blockType;
    const header = new Block();
    const loopLocals = this.loopLocals.get(this.reader.offset) ?? [];
    const entry = this.close(End.Jump, []);
    link(entry, header);
    this.open(header);
    const phi = (value: Value): Value => {
      const made = this.graph.make(Op.Phi, value.type, [value], header, 0, 0n, this.reader.offset);
      header.phis.push(made);
      return made;
    };
    this.locals = this.locals.slice();
    for (const local of loopLocals) this.locals[local] = phi(this.locals[local]!);
    for (const value of this.popMany(parameters.length)) this.push(phi(value));
    this.pushFrame("loop", parameters, results, this.stack.length - parameters.length, header, loopLocals);
  }

  private beginIf(): void {
    const { parameters, results } = this.reader.blockType;
    const condition = this.pop();
    const height = this.stack.length - parameters.length;
    const frame = this.pushFrame("if", results, results, height, new Block());
    const block = this.close(End.Branch, [condition]);
    const then = new Block();
    const otherwise = new Block();
    link(block, then);
    link(block, otherwise);
    frame.otherwise = { block: otherwise, locals: this.locals.slice(), values: this.stack.slice(height) };
    this.open(then);
  }

  private otherwise(): void {
    const frame = this.frames.at(-1)!;
    if (this.block !== undefined) this.jump(frame);
    this.enterOtherwise(frame);
  }

  private enterOtherwise(frame: Frame): void {
    const { block, locals, values } = frame.otherwise!;
    frame.otherwise = undefined;
    this.open(block);
    this.locals = locals;
    this.stack.length = frame.height;
    this.stack.push(...values);
  }

  /** To a label, with the values it takes; the code after it cannot be reached. */
  private jump(frame: Frame): void {
    const values = this.popMany(frame.labelTypes.length);
    if (frame.kind === "function") {
      this.close(End.Return, values);
      return;
    }
    const block = this.close(End.Jump, []);
    this.arrive(frame, block, values, this.locals.slice());
  }

  private branch(frame: Frame): void {
    const condition = this.pop();
    const values = this.stack.slice(this.stack.length - frame.labelTypes.length);
    const block = this.close(End.Branch, [condition]);
    const locals = this.locals.slice();
    this.arriveOrReturn(frame, block, values, locals);
    const next = new Block();
    link(block, next);
    this.open(next);
  }

  private table(labels: readonly number[]): void {
    const index = this.pop();
    const count = this.frameAt(labels[0]!).labelTypes.length;
    const values = this.popMany(count);
    const block = this.close(End.Switch, [index]);
    const locals = this.locals.slice();
    const successorOf = new Map<number, number>();
    block.cases = labels.map((label) => {
      let successor = successorOf.get(label);
      if (successor === undefined) {
        successor = block.successors.length;
        successorOf.set(label, successor);
        this.arriveOrReturn(this.frameAt(label), block, values, locals);
      }
      return successor;
    });
  }

  /** As `arrive`; a branch out of the function goes to a block of its own that returns. */
  private arriveOrReturn(frame: Frame, from: Block, values: Value[], locals: readonly Value[]): void {
    if (frame.kind !== "function") {
      this.arrive(frame, from, values, locals);
      return;
    }
    const exit = new Block();
    link(from, exit);
    this.open(exit);
    this.close(End.Return, values);
  }

  private arrive(frame: Frame, from: Block, values: readonly Value[], locals: readonly Value[]): void {
    link(from, frame.target);
    if (frame.kind !== "loop") {
      frame.incomingLocals.push(locals);
      frame.incomingValues.push(values);
      return;
    }
    const { phis } = frame.target;
    for (const [index, local] of frame.loopLocals.entries()) phis[index]!.args.push(locals[local]!);
    for (const [index, value] of values.entries()) phis[frame.loopLocals.length + index]!.args.push(value);
  }

  private end(): void {
    const frame = this.frames.at(-1)!;
    if (this.block !== undefined) {
      if (frame.kind === "loop") {
        this.frames.pop();
        return; // Falls out of the loop: no label there.
      }
      this.jump(frame);
    }
    if (frame.otherwise !== undefined) {
      this.enterOtherwise(frame);
      this.jump(frame);
    }
    this.frames.pop();
    this.stack.length = frame.height;
    if (frame.target.predecessors.length > 0 && frame.kind !== "loop") this.merge(frame);
  }

  /** Opens a forward label: a phi for whatever its predecessors differ in. */
  private merge(frame: Frame): void {
    const { target, incomingLocals, incomingValues } = frame;
    this.open(target);
    const join = (values: Value[]): Value => {
      const first = values[0]!;
      if (values.every((value) => value === first)) return first;
      const phi = this.graph.make(Op.Phi, first.type, values, target, 0, 0n, this.reader.offset);
      target.phis.push(phi);
      return phi;
    };
    this.locals = incomingLocals[0]!.map((_, local) => join(incomingLocals.map((locals) => locals[local]!)));
    for (const index of frame.endTypes.keys()) {
      this.push(join(incomingValues.map((values) => values[index]!)));
    }
  }

  /** In code that cannot be reached only the nesting matters. */
  private skip(): void {
    const { opcode } = this.reader;
    if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04) this.skipNested();
    else if (opcode === 0x05) this.otherwise();
    else if (opcode === 0x0b) this.end();
  }

  private skipNested(): void {
    let depth = 1;
    while (depth > 0 && this.reader.next()) {
      const { opcode } = this.reader;
      if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04) depth++;
      else if (opcode === 0x0b) depth--;
    }
  }
}
