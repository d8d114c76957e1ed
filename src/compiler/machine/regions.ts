/**
 * The hubs of interpreters: a block in a loop that branches to one of many, and what each of them owns.
 *
 *        loop's header ... hub ─┬─► region ─┐      A region is what one successor of the hub dominates, or a place
 *             ▲                 ├─► region ─┼─┐    where several of them meet.
 *             │                 ├─► region ─┘ │
 *             └─────────────────┴─────────────┘
 *
 * A turn of the loop passes one of them: what they have in common is paid for at each turn, what is a region's own
 * seldom.
 */
import type { MachineBlock, MachineFunction, MachineLoop } from "./program.ts";

/** Fewer are no interpreter: some of a few ways are taken far more often than others. */
const REGIONS_MINIMUM = 24;

export interface Hub {
  readonly block: MachineBlock;
  /** By block: the index of its region's first block; `HUB` for what leads to the hub and itself; `OUTSIDE`. */
  readonly regions: readonly number[];
}
export const HUB = -1;
/** What the hub does not dominate. */
export const OUTSIDE = -2;
const UNKNOWN = -3;

/** Blocks are numbered by `index`. */
export function findHubs(func: MachineFunction): Hub[] {
  const found: Hub[] = [];
  for (const block of func.blocks) {
    const { loop, successors } = block;
    if (loop !== undefined && successors.length >= REGIONS_MINIMUM) {
      found.push({ block, regions: findRegions(func, block, loop) });
    }
  }
  return found;
}

/** The region of a block: the block right below the hub in the tree of dominators that dominates it. */
function findRegions(func: MachineFunction, hub: MachineBlock, loop: MachineLoop): number[] {
  const regions = new Array<number>(func.blocks.length).fill(UNKNOWN);
  markHub(func, hub, loop, regions);
  for (let changed = true; changed;) {
    changed = false;
    for (const { index, predecessors } of func.blocks) {
      if (regions[index] === HUB) continue;
      const known = predecessors.map((each) => regions[each.index]!).filter((each) => each !== UNKNOWN);
      if (known.length === 0 && predecessors.length > 0) continue;
      const region = meet(known, index);
      if (region === regions[index]) continue;
      regions[index] = region;
      changed = true;
    }
  }
  return regions;
}

/** Where ways from several regions meet a region begins; where one comes past the hub there is none. */
function meet(known: readonly number[], index: number): number {
  const [first = OUTSIDE] = known;
  if (first === OUTSIDE || known.includes(OUTSIDE)) return OUTSIDE;
  return first !== HUB && known.every((each) => each === first) ? first : index;
}

/** What the loop passes before the hub. */
function markHub(func: MachineFunction, hub: MachineBlock, loop: MachineLoop, regions: number[]): void {
  const isEntered = (block: MachineBlock): boolean =>
    isWithin(block, loop) && block.predecessors.some((each) => !isWithin(each, loop));
  const work = [hub, ...func.blocks.filter(isEntered)];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (regions[block.index] === HUB || !isWithin(block, loop)) continue;
    regions[block.index] = HUB;
    if (block !== hub) work.push(...block.successors);
  }
}

function isWithin(block: MachineBlock, loop: MachineLoop): boolean {
  for (let { loop: each } = block; each !== undefined; each = each.outer) if (each === loop) return true;
  return false;
}
