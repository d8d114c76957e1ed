/**
 * What an interpreter's loop has in registers where it branches to one of its many instructions (`regions.ts`).
 *
 * Linear scan would have at the hub whatever was in a register when the loop began; but regions call, so each would
 * load all of it again for the next turn, needed or not. Here what few regions use is at home at the hub, and what
 * most use has registers that calls keep. Every value that lives through a hub is cut into one part for the outside,
 * one for the hub, and one for each region: what one region does to a value's place is no other's business.
 *
 * Tests: allocate.test.ts follows values through random hubs; testdata/interpreter.wat
 */
import { CALLEE_SAVED } from "../../../x64/register.ts";
import { Pseudo, type Instruction } from "../instruction.ts";
import type { MachineBlock, MachineFunction } from "../program.ts";
import { findHubs, HUB, OUTSIDE, type Hub } from "../regions.ts";
import { Interval, lowerBound, Stay, UseKind } from "./interval.ts";

/** Cuts what lives through hubs into parts; to be called before the scan. */
export function cutAtHubs(func: MachineFunction, intervals: readonly (Interval | undefined)[]): void {
  for (const hub of findHubs(func)) new Cutting(func, hub).cut(intervals);
}

/** A value that lives through the hub. */
interface Through {
  readonly interval: Interval;
  /** In a register, by the hub itself. */
  readonly isNeeded: boolean;
  /** Regions with a use of it. */
  readonly users: number;
}

class Cutting {
  private readonly func: MachineFunction;
  private readonly regions: readonly number[];
  private readonly starts: readonly number[];
  /** How many regions call: what is in a register that calls change is lost in them. */
  private readonly calling: number;

  constructor(func: MachineFunction, { block: hub, regions }: Hub) {
    this.func = func;
    this.regions = regions;
    this.starts = func.blocks.map((block) => block.from);
    const calling = new Set<number>();
    for (const block of func.blocks) {
      const region = regions[block.index]!;
      if (region < 0) continue;
      block.share = shareOf(block);
      if (block.frequency >= hub.frequency && block.instructions.some(isCall)) calling.add(region);
    }
    this.calling = calling.size;
  }

  cut(intervals: readonly (Interval | undefined)[]): void {
    const through: Through[] = [];
    for (const interval of intervals) {
      if (interval === undefined || interval.next !== undefined || !this.livesThrough(interval)) continue;
      const users = this.usersOf(interval);
      through.push({ interval, isNeeded: users.has(HUB), users: users.size });
    }
    through.sort((a, b) => Number(b.isNeeded) - Number(a.isNeeded) || b.users - a.users);
    let saved = 0;
    for (const { interval, isNeeded, users } of through) {
      const { isVector, constant } = interval.info;
      const isWorthy = !isVector && constant === undefined && users > (isNeeded ? this.calling / 2 : 0);
      const isSaved = isWorthy && saved < CALLEE_SAVED.length;
      this.divide(interval, isSaved || isNeeded || users >= this.calling ? Stay.Anywhere : Stay.Home);
      if (isSaved) interval.hubRegister = CALLEE_SAVED[saved++]!;
    }
  }

  private livesThrough({ ranges }: Interval): boolean {
    let isInHub = false;
    let isInRegion = false;
    for (let i = 0; i < ranges.length; i += 2) {
      for (let index = this.blockIndexAt(ranges[i]!); index < this.starts.length; index++) {
        if (this.starts[index]! >= ranges[i + 1]!) break;
        if (this.regions[index] === HUB) isInHub = true;
        else if (this.regions[index] !== OUTSIDE) isInRegion = true;
      }
    }
    return isInHub && isInRegion;
  }

  /** Regions with a use of `interval`, and the hub if it needs it in a register. */
  private usersOf(interval: Interval): ReadonlySet<number> {
    const users = new Set<number>();
    for (const [index, use] of interval.uses.entries()) {
      const region = this.regionAt(use);
      const isNeeded = interval.info.constant === undefined || interval.useKinds[index] === UseKind.Register;
      if (region !== HUB || isNeeded) users.add(region);
    }
    return users;
  }

  /** The part that comes first holds the definition, and stays what the others are found by. */
  private divide(interval: Interval, atHub: Stay): void {
    const stays: Readonly<Record<number, Stay>> = { [HUB]: atHub, [OUTSIDE]: Stay.Anywhere };
    const inRegion = atHub === Stay.Home ? Stay.BeginsHome : Stay.Anywhere;
    const { ranges, uses, useKinds } = interval.emptied();
    const parts = new Map<number, Interval>();
    const partOf = (region: number): Interval => {
      let part = parts.get(region);
      if (part === undefined) {
        part = parts.size === 0 ? interval : new Interval(interval.register, interval.info, interval);
        part.stay = stays[region] ?? inRegion;
        parts.set(region, part);
      }
      return part;
    };
    for (let i = 0; i < ranges.length; i += 2) {
      let from = ranges[i]!;
      for (let index = this.blockIndexAt(from); from < ranges[i + 1]!; index++) {
        const to = Math.min(this.func.blocks[index]!.to, ranges[i + 1]!);
        if (to > from) append(partOf(this.regions[index]!).ranges, from, to);
        from = Math.max(from, to);
      }
    }
    for (const [index, use] of uses.entries()) partOf(this.regionAt(use)).addUse(use, useKinds[index]!);
    interval.chain([...parts.values()].slice(1));
  }

  private regionAt(position: number): number {
    return this.regions[this.blockIndexAt(position)]!;
  }

  private blockIndexAt(position: number): number {
    let index = lowerBound(this.starts, position + 1) - 1;
    while (this.func.blocks[index]!.to <= position && index + 1 < this.starts.length) index++;
    return index;
  }
}

/** Adds a range behind those that are there; what touches is joined. */
function append(ranges: number[], from: number, to: number): void {
  if (ranges[ranges.length - 1] === from) ranges[ranges.length - 1] = to;
  else ranges.push(from, to);
}

/** Of what its predecessors are passed, in equal parts to where they lead. Ways back add nothing. */
function shareOf({ index, predecessors }: MachineBlock): number {
  let share = 0;
  for (const each of predecessors) if (each.index < index) share += each.share / each.successors.length;
  return share;
}

function isCall({ pseudo }: Instruction): boolean {
  return pseudo === Pseudo.CallFunction || pseudo === Pseudo.CallRegister;
}
