/**
 * The census: every mapping of a running guest, read from outside it, and what must not be among them.
 *
 * Walks the page tables (Intel SDM 3, 4.5) in a dump of the guest's physical memory. The guest is not asked.
 */
const PAGE_BYTES = 4096;
const ENTRIES = 512;
const PRESENT = 1n;
const WRITE = 2n;
const USER = 4n;
const LARGE = 128n;
const NO_EXECUTE = 1n << 63n;
const FRAME = 0x000f_ffff_ffff_f000n;

export interface Mapping {
  readonly address: bigint;
  readonly frame: bigint;
  readonly sizeBytes: bigint;
  readonly canWrite: boolean;
  readonly canExecute: boolean;
  readonly isUser: boolean;
}

export interface Census {
  readonly mappings: readonly Mapping[];
  /** Frames that hold page tables. */
  readonly tables: ReadonlySet<bigint>;
}

/** `memory`: physical memory from 0. */
export function takeCensus(memory: Uint8Array, cr3: bigint): Census {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const mappings: Mapping[] = [];
  const tables = new Set<bigint>();
  const walk = (table: bigint, level: number, base: bigint, rights: bigint): void => {
    if (Number(table) + PAGE_BYTES > memory.length) throw new Error(`a table at ${table.toString(16)}`);
    tables.add(table);
    for (let index = 0; index < ENTRIES; index++) {
      const entry = view.getBigUint64(Number(table) + index * 8, true);
      if ((entry & PRESENT) === 0n) continue;
      const address = base | (BigInt(index) << BigInt(12 + 9 * level));
      // Allowed only if every level does; execution is forbidden if any level does.
      const both = (rights & entry & (WRITE | USER)) | ((rights | entry) & NO_EXECUTE);
      if (level > 0 && (entry & LARGE) === 0n) walk(entry & FRAME, level - 1, address, both);
      else mappings.push(mappingOf(address, entry, level, both));
    }
  };
  walk(cr3 & FRAME, 3, 0n, WRITE | USER);
  return { mappings, tables };
}

function mappingOf(address: bigint, entry: bigint, level: number, rights: bigint): Mapping {
  return {
    address: BigInt.asUintN(64, BigInt.asIntN(48, address)),
    frame: entry & FRAME,
    sizeBytes: 1n << BigInt(12 + 9 * level),
    canWrite: (rights & WRITE) !== 0n,
    canExecute: (rights & NO_EXECUTE) === 0n,
    isUser: (rights & USER) !== 0n,
  };
}

/** What breaks a rule, a line each. */
export function violations({ mappings, tables }: Census): string[] {
  const found: string[] = [];
  const show = ({ address, frame }: Mapping) => `${address.toString(16)} (frame ${frame.toString(16)})`;
  const executed = new Set(mappings.filter(({ canExecute }) => canExecute).map(({ frame }) => frame));
  for (const mapping of mappings) {
    const { canWrite, canExecute, isUser, frame, address, sizeBytes } = mapping;
    if (canWrite && canExecute) found.push(`${show(mapping)} is writable and executable`);
    if (canWrite && !canExecute && executed.has(frame)) {
      found.push(`${show(mapping)} is a writable alias of code`);
    }
    if (isUser && tables.has(frame)) found.push(`${show(mapping)} shows ring 3 a page table`);
    if (isUser && address >> 47n !== 0n) found.push(`${show(mapping)} opens the upper half to ring 3`);
    if (address === 0n) found.push("page zero is mapped");
    if (sizeBytes !== BigInt(PAGE_BYTES)) found.push(`${show(mapping)} is a large page`);
  }
  return found;
}
