/**
 * Where everything of the keel lies: the one drawing that its code and the image writer go by.
 *
 * The keel's region is the same in physical memory (from the image's first byte) and, after the switch, at an address
 * drawn at boot in the upper half. A page that is not mapped there guards what is above it.
 *
 *   page  0  1      code                           mapped: execute
 *         2         the image's tables             read
 *         3         PML4                           -
 *         4         boot: PDPT                     -           guard of
 *         5         data: descriptors, windows     write       the data
 *         6         boot: page directory           -
 *         7         stack of calls and faults      write       (page 6 guards it)
 *         8         boot information               write; ring 3 reads the same page at an address of its own
 *         9         -                              -
 *        10         stack of double faults         write
 *        11         -                              -
 *        12         stack of NMIs                  write
 *        13         -                              -
 *        14         stack of machine checks        write
 *        15         window onto any one frame      set when needed
 *        16         local APIC                     device
 *        17         I/O APIC                       device
 *        18 ...     -                              windows of further compartments of one kind: write
 */
export const PAGE_BYTES = 4096;
/** Of an address, the bits below those that choose a page table. */
export const LARGE_PAGE_MASK = 0x1f_ffff;

export const enum KeelPage {
  Code = 0,
  Tables = 2,
  Pml4 = 3,
  BootPdpt = 4,
  Data = 5,
  BootDirectory = 6,
  Stack = 7,
  Information = 8,
  DoubleFaultStack = 10,
  NmiStack = 12,
  MachineCheckStack = 14,
  Scratch = 15,
  LocalApic = 16,
  IoApic = 17,
  Replicas = 18,
}

export const CODE_PAGES = KeelPage.Tables - KeelPage.Code;
/** By byte from the region's start; they end where their page does. */
export const TABLES = KeelPage.Tables * PAGE_BYTES;
export const TABLES_END = TABLES + PAGE_BYTES;
/** Records of windows that are there again for each further compartment, two each. */
export const REPLICAS = KeelPage.Replicas * PAGE_BYTES;

/** Of physical memory, before the image's sections. */
export const KEEL_REGION_BYTES = KeelPage.Scratch * PAGE_BYTES;

export const DATA = KeelPage.Data * PAGE_BYTES;
export const INFORMATION = KeelPage.Information * PAGE_BYTES;

/** As many as the boot information has room to tell of. */
export const WINDOWS_LIMIT = 32;
export const RANGES_LIMIT = 8;

/** The keel's data, by byte from the region's start; u64 unless said otherwise. */
export const enum Data {
  /** Physical address of PVH's start information. */
  StartInformation = DATA,
  /** `BootFlag`s. */
  Flags = DATA + 8,
  /** Address of the region, once in the upper half. */
  Region = DATA + 16,
  /** Address of the page tables' window onto themselves. */
  SelfMap = DATA + 24,
  /** Address of the entry that maps `KeelPage.Scratch`. */
  ScratchEntry = DATA + 32,
  /** Frames that were given back: physical address of the first, each holds the next one's. */
  FreeFrames = DATA + 40,
  /** Frames that can still be given. */
  FrameCount = DATA + 48,
  /** The range that frames come from. */
  RangeNext = DATA + 56,
  RangeEnd = DATA + 64,
  RangeIndex = DATA + 72,
  RangeCount = DATA + 80,
  UpcallFrame = DATA + 88,
  UpcallHandler = DATA + 96,
  UpcallStack = DATA + 104,
  IsSealed = DATA + 112,
  /** An interrupt came that `Idle` has not told yet. */
  IsWoken = DATA + 120,
  /** Monotonic ns at which the timer fires; 0: it is off. */
  TimerAt = DATA + 128,
  NsPerTsc = DATA + 136,
  TscStart = DATA + 144,
  /** 1: COM1 is set up. */
  ConsoleState = DATA + 152,
  ModuleAddress = DATA + 160,
  ModuleBytes = DATA + 168,
  /** Physical address of the image's end. */
  ImageEnd = DATA + 176,
  /** Descriptor-table registers on their way: limit u16, base u64. */
  TableRegister = DATA + 184,
  /** How often the keel's own end has begun. */
  Panics = DATA + 200,
  /** Two u64 each: first byte, one past the last. */
  Ranges = DATA + 208,
  Gdt = Ranges + RANGES_LIMIT * 16,
  Tss = Gdt + 64,
  Idt = Tss + 112,
  Windows = Idt + 16 * 48,
  End = Windows + WINDOWS_LIMIT * 64,
}

/** A window of ring 3's address space: one piece of it, apart from all others. */
export const enum Window {
  /** Addresses: first byte, one past the last, the base that offsets count from. */
  Start = 0,
  End = 8,
  Base = 16,
  /** u32 `WindowKind`, u32 `WindowFlag`s. */
  Kind = 24,
  Flags = 28,
  /** Bytes below the base that belong to it. */
  Below = 32,
  /** Physical address and offsets from the base of what is pinned; Start == End: nothing. */
  PinnedFrame = 40,
  /** u32 each: first page and count of pages from the base. */
  PinnedPage = 48,
  PinnedPages = 52,
  /** Pages given to it. */
  Pages = 56,
  Size = 64,
}

export const enum WindowKind {
  /** Only what the image maps. */
  Fixed = 0,
  /** Up to the size that stands in the header below its base (`MemoryHeader.Bytes`). */
  Memory = 1,
  /** All of it. */
  Whole = 2,
}

export const enum WindowFlag {
  /** Its pages may come from what is kept for the kernel. */
  Kernel = 1,
}

/** Frames that only windows of the kernel are given. */
export const KEPT_FRAMES = 32;

/** Of the window in which ring 3 sees devices. */
export const DEVICE_PAGES = 64;

/** Segment selectors. */
export const enum Selector {
  KernelCode = 0x08,
  KernelData = 0x10,
  UserData = 0x18 | 3,
  UserCode = 0x20 | 3,
  Tss = 0x28,
}

/** Page-table entry bits (Intel SDM 3, 4.5). */
export const enum Entry {
  Present = 1,
  Write = 2,
  User = 4,
  WriteThrough = 8,
  CacheDisable = 16,
  Large = 128,
  /** For software: a write gets its own copy of the page. */
  CopyOnWrite = 1 << 9,
  /** For software: the frame is the image's, not given by the allocator. */
  Image = 1 << 10,
}
