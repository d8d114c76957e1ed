/**
 * Where code comes to lie: jumps get their short or long forms, alignments their padding.
 *
 * While code is emitted, jumps and alignments are gaps of zero bytes between instructions. A place in the code is
 * a position in the emitted bytes and the number of gaps before it; its final offset is that position plus what
 * those gaps grew to. Jumps start short, and those that do not reach grow until all do: gaps never shrink again,
 * so that ends.
 *
 * Tests: assembler.test.ts.
 */
import { Records } from "./records.ts";

/** What a gap is: a condition (0 to 15) is a conditional jump. */
export const enum Gap {
  Jump = 16,
  /** Padding that is executed, or never reached. */
  AlignNops = 17,
  AlignTrap = 18,
}

const SHORT_BYTES = 2;
const JUMP_BYTES = 5;
const BRANCH_BYTES = 6;

/** Padding that is executed: Intel SDM 2B, table 4-12. */
const NOPS: readonly (readonly number[])[] = [
  [],
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0x00],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
  [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];
const LONGEST_NOP = NOPS.length - 1;

export class Layout {
  private readonly kinds = new Records();
  private readonly positions = new Records();
  /** A jump's label, an alignment's number of bytes. */
  private readonly operands = new Records();
  private readonly labelPositions = new Records();
  private readonly labelGaps = new Records();
  private sizes = new Uint32Array(0);
  /** Bytes in the gaps before each, and at the end in all. */
  private before = new Uint32Array(1);

  get gapCount(): number {
    return this.kinds.count;
  }

  get labelCount(): number {
    return this.labelPositions.count;
  }

  gap(kind: number, position: number, operand: number): void {
    this.kinds.push(kind);
    this.positions.push(position);
    this.operands.push(operand);
  }

  label(): number {
    this.labelPositions.push(-1);
    this.labelGaps.push(0);
    return this.labelPositions.count - 1;
  }

  bind(label: number, position: number): void {
    if (this.labelPositions.at(label) >= 0) throw new Error(`label ${label} is bound twice`);
    this.labelPositions.values[label] = position;
    this.labelGaps.values[label] = this.kinds.count;
  }

  /** After `solve`: the final offset of a place. */
  offset(position: number, gapsBefore: number): number {
    return position + this.before[gapsBefore]!;
  }

  /** After `solve`: -1 for a label that was never bound. */
  labelOffset(label: number): number {
    const position = this.labelPositions.at(label);
    return position < 0 ? -1 : this.offset(position, this.labelGaps.at(label));
  }

  requireLabel(label: number): number {
    const offset = this.labelOffset(label);
    if (offset < 0) throw new Error(`label ${label} is used and never bound`);
    return offset;
  }

  clear(): void {
    for (const records of [this.kinds, this.positions, this.operands, this.labelPositions, this.labelGaps]) {
      records.clear();
    }
  }

  /** Decides the sizes of all gaps. */
  solve(): void {
    const count = this.kinds.count;
    this.sizes = new Uint32Array(count);
    this.before = new Uint32Array(count + 1);
    for (let gap = 0; gap < count; gap++) if (this.kinds.at(gap) <= Gap.Jump) this.sizes[gap] = SHORT_BYTES;
    do this.place();
    while (this.grow());
  }

  private place(): void {
    const { sizes, before } = this;
    const count = this.kinds.count;
    let grown = 0;
    for (let gap = 0; gap < count; gap++) {
      before[gap] = grown;
      if (this.kinds.at(gap) > Gap.Jump) {
        const padding = -(this.positions.at(gap) + grown) & (this.operands.at(gap) - 1);
        // One byte cannot be padded with `ud2`: see `writeTraps`.
        const short = padding === 1 && this.kinds.at(gap) === Gap.AlignTrap;
        sizes[gap] = short ? padding + this.operands.at(gap) : padding;
      }
      grown += sizes[gap]!;
    }
    before[count] = grown;
  }

  /** Makes those jumps long that do not reach; says whether there were any. */
  private grow(): boolean {
    let any = false;
    for (let gap = 0; gap < this.kinds.count; gap++) {
      const kind = this.kinds.at(gap);
      if (kind > Gap.Jump || this.sizes[gap] !== SHORT_BYTES) continue;
      const distance = this.distance(gap);
      if (distance >= -128 && distance <= 127) continue;
      this.sizes[gap] = kind === Gap.Jump ? JUMP_BYTES : BRANCH_BYTES;
      any = true;
    }
    return any;
  }

  private distance(gap: number): number {
    const end = this.offset(this.positions.at(gap), gap) + this.sizes[gap]!;
    return this.requireLabel(this.operands.at(gap)) - end;
  }

  /** The code with its gaps filled. */
  write(emitted: Uint8Array): Uint8Array {
    const count = this.kinds.count;
    const code = new Uint8Array(emitted.length + this.before[count]!);
    let from = 0;
    let to = 0;
    for (let gap = 0; gap < count; gap++) {
      const position = this.positions.at(gap);
      while (from < position) code[to++] = emitted[from++]!;
      const end = to + this.sizes[gap]!;
      const kind = this.kinds.at(gap);
      if (kind <= Gap.Jump) this.writeJump(code, to, gap);
      else if (kind === Gap.AlignNops) writeNops(code, to, end);
      else writeTraps(code, to, end);
      to = end;
    }
    code.set(emitted.subarray(from), to);
    return code;
  }

  private writeJump(code: Uint8Array, start: number, gap: number): void {
    const kind = this.kinds.at(gap);
    const distance = this.distance(gap);
    let at = start;
    if (this.sizes[gap] === SHORT_BYTES) {
      code[at++] = kind === Gap.Jump ? 0xeb : 0x70 | kind;
      code[at] = distance;
      return;
    }
    if (kind === Gap.Jump) code[at++] = 0xe9;
    else {
      code[at++] = 0x0f;
      code[at++] = 0x80 | kind;
    }
    for (let shift = 0; shift < 32; shift += 8) code[at++] = distance >> shift;
  }
}

function writeNops(code: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end;) {
    const nop = NOPS[Math.min(end - at, LONGEST_NOP)]!;
    code.set(nop, at);
    at += nop.length;
  }
}

/** `ud2` has two bytes; an odd number of them takes a prefix before the first. */
function writeTraps(code: Uint8Array, start: number, end: number): void {
  let at = start;
  if ((end - at) % 2 === 1) code[at++] = 0x66;
  while (at < end) {
    code[at++] = 0x0f;
    code[at++] = 0x0b;
  }
}
