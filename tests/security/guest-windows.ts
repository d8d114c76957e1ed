/** Where things lie in a guest whose memory was dumped: its windows as the keel drew them, and what is mapped there. */
import { BootInformation } from "../../src/abi/boot.ts";
import { Data, KeelPage, PAGE_BYTES, Window } from "../../src/keel/layout.ts";
import type { LinkedProgram } from "../../src/linker/linked.ts";
import { PHYSICAL_BASE, windowNumbers, WindowNumber } from "../../src/platform/bare/image.ts";
import type { GuestMemory } from "./guest-memory.ts";
import { takeCensus, type Mapping } from "./page-tables.ts";

/** Kernel and app. */
const STACKS = 2;
const INFORMATION = PHYSICAL_BASE + KeelPage.Information * PAGE_BYTES;

export interface GuestWindow {
  readonly kind: "image" | "memory" | "table" | "stack" | "other";
  readonly base: bigint;
  readonly start: bigint;
  readonly end: bigint;
  /** Physical addresses. */
  readonly pinnedStart: number;
  readonly pinnedEnd: number;
}

/** By number. */
export function guestWindows({ memory }: Pick<GuestMemory, "memory">, linked: LinkedProgram): GuestWindow[] {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const numbers = windowNumbers(linked.memories.length, linked.tables.length, STACKS, false);
  return Array.from({ length: numbers.end }, (_, number) => {
    const at = PHYSICAL_BASE + Data.Windows + number * Window.Size;
    const address = (field: Window) => view.getBigUint64(at + field, true);
    const pinnedStart = Number(address(Window.PinnedFrame));
    return {
      kind: kindOf(number, numbers),
      base: address(Window.Base),
      start: address(Window.Start),
      end: address(Window.End),
      pinnedStart,
      pinnedEnd: pinnedStart + view.getUint32(at + Window.PinnedPages, true) * PAGE_BYTES,
    };
  });
}

function kindOf(number: number, numbers: ReturnType<typeof windowNumbers>): GuestWindow["kind"] {
  if (number === WindowNumber.Image) return "image";
  if (number < numbers.memories) return "other";
  if (number < numbers.tables) return "memory";
  return number < numbers.stacks ? "table" : "stack";
}

/** As ring 3 is told. */
export function toldBases({ memory }: Pick<GuestMemory, "memory">, count: number): bigint[] {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  return Array.from({ length: count }, (_, number) =>
    view.getBigUint64(INFORMATION + BootInformation.Windows + number * 8, true),
  );
}

/** What ring 3 has mapped of a window, of a memory only what lies above its base. */
export function pagesOf(guest: GuestMemory, { kind, base, start, end }: GuestWindow): Mapping[] {
  const first = kind === "memory" ? base : start;
  const { mappings } = takeCensus(guest.memory, guest.registers["CR3"]!);
  return mappings.filter(({ address, isUser }) => isUser && address >= first && address < end);
}

/** Counts words, at any byte, in these pages that are addresses within a range. */
export function countPointers(
  { memory }: Pick<GuestMemory, "memory">,
  pages: readonly Mapping[],
  start: bigint,
  end: bigint,
): number {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const high = Number(start >> 32n);
  const highEnd = Number((end - 1n) >> 32n);
  let count = 0;
  for (const { frame } of pages) {
    for (let at = Number(frame); at <= Number(frame) + PAGE_BYTES - 8; at++) {
      const upper = view.getUint32(at + 4, true);
      if (upper < high || upper > highEnd) continue;
      const word = view.getBigUint64(at, true);
      if (word >= start && word < end) count++;
    }
  }
  return count;
}
