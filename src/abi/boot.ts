/**
 * Between the keel and what it starts in ring 3: the boot information page, keel calls, and the upcall's frame.
 *
 * The keel enters ring 3 once, at the image's entry, with rdi: address of the boot information (read-only), rsp: end
 * of the window that the image names as its first stack. Everything else is called for.
 */

/** What the boot information page holds, by byte; u64 unless said otherwise. */
export const enum BootInformation {
  /** ns = (tsc - TscStart) * NsPerTsc >> 32; 0: no frequency could be found. */
  NsPerTsc = 0,
  TscStart = 8,
  /** Nanoseconds since 1970 at TscStart; 0: unknown. */
  Realtime = 16,
  /** The first boot module's bytes, mapped read-only. */
  ConfigurationAddress = 24,
  ConfigurationBytes = 32,
  CommandLineAddress = 40,
  CommandLineBytes = 48,
  /** Of physical memory, what the keel may hand out. */
  FreeBytes = 56,
  /** `BootFlag`s. */
  Flags = 64,
  /** RTC registers as read: seconds, minutes, hours, day, month, year, century, status B; a byte each. */
  RealtimeClock = 72,
  /** Address of the first byte of each window, by number. */
  Windows = 128,
  /** 64 bytes that a hypervisor writes, as it likes. */
  KvmClock = 384,
  CommandLine = 512,
}

export const COMMAND_LINE_BYTES_LIMIT = 4096 - BootInformation.CommandLine;

export const enum BootFlag {
  /** The bases were drawn from the processor's random source. */
  Randomized = 1,
  /** RDRAND and RDSEED are there. */
  Rdrand = 2,
  Rdseed = 4,
  Smep = 8,
  Smap = 16,
  Umip = 32,
  /** A hypervisor that speaks KVM's interface: its clock is used. */
  KvmClock = 64,
}

/** In rax at `int3`, which is accepted only at the address that the image lists for this number. */
export const enum KeelCall {
  /** rdi: `ConsoleStream`, rsi: address, rdx: bytes. */
  ConsoleWrite = 0,
  /** rdi: monotonic ns. Returns at an interrupt, or at the deadline, or somewhat earlier. */
  Idle = 1,
  /** rdi: status. Does not return. */
  Exit = 2,
  /** rdi: address of an `UpcallFrame`, rsi: handler, rdx: end of its stack. Once. */
  SetUpcall = 3,
  /** Goes on where the last upcall interrupted. Does not return. */
  Resume = 4,
  /** rdi: window, rsi: first byte from its base, rdx: bytes: rax: physical address, rdx: bytes pinned. Once a window. */
  Pin = 5,
  /** rdi: physical address of a page, rsi: page of the device window. Before `Seal`. */
  MapDevice = 6,
  /** rdi: global system interrupt that ends `Idle`. Before `Seal`. */
  OpenInterrupt = 7,
  /** No device can be mapped and no interrupt opened any more; pages of the image from rdi, rsi bytes, read-only. */
  Seal = 8,
  /** rdi: window. Its pages are as at boot. */
  Discard = 9,
  /** rdi: window: rax: pages it has been given, rdx: its base. */
  CountPages = 10,
  /** rdi: a PCI configuration address (bus, device, function, register); rax: its 4 bytes. Before `Seal`. */
  ReadPci = 11,
  /** As `ReadPci`; esi: what is written. */
  WritePci = 12,
  /**
   * rdi: window, rsi: pages from its first own byte on, rdx: address: for each page a byte, the lowest of its entry
   * (`EntryBit`). Windows of which there are many.
   */
  TellEntries = 13,
  Count = 14,
}

/** Of a page table's entry (Intel SDM 3, 4.5). */
export const enum EntryBit {
  /** Of a window's memory: a page that was written has it, one that shows the image does not. */
  Write = 2,
}

export const enum ConsoleStream {
  Output = 1,
  Errors = 2,
  Control = 3,
}

/** What the keel writes when ring 3 faults or its time slice ends; u64 each. */
export const enum UpcallFrame {
  /** Set by the keel, cleared by the handler when it is done: a fault meanwhile ends the machine. */
  Busy = 0,
  /** Processor vector, or `TIMER_VECTOR`. */
  Vector = 8,
  /** As the processor gives it; `OUT_OF_MEMORY` set where no page was left. */
  Error = 16,
  /** cr2. */
  Address = 24,
  InstructionPointer = 32,
  Flags = 40,
  StackPointer = 48,
  /** rax rcx rdx rbx (rsp) rbp rsi rdi r8 to r15, as the processor numbers them. */
  Registers = 56,
  Size = 56 + 16 * 8,
}

export const TIMER_VECTOR = 0x20;
export const OUT_OF_MEMORY = 0x100;
/** Exit status of a machine whose keel faulted: EX_SOFTWARE of sysexits. */
export const KEEL_PANIC_STATUS = 70;
