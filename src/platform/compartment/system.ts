/**
 * What the machine code around compartments needs of what lies below it: an operating system's calls (`process`), or
 * the keel's and the devices (`bare`). Each platform is one value of this type and a start-up.
 *
 * Every member writes the body of a function: it is called, with `rsp` 8 below a multiple of 16, and ends in `ret`. It
 * may change what any call may change (rax rcx rdx rsi rdi r8 to r11, vectors) and nothing else, but where it says so.
 * Ranges are addresses that were checked: the bytes are the kernel's, or the platform's own.
 *
 * Start-up is the platform's: memories with their initial content, tables, stacks with their bounds in `Fixed`
 * (`state.ts`), handlers of faults and ticks, the configuration; `settle`; then `Fixed`, bases and addresses of tables
 * become read-only, and whatever confines the program is put in place; then it goes to `boot`.
 */
import type { Shorthand } from "../../linker/shorthand.ts";

/** Writes one function's body. */
export type Emit = (a: Shorthand) => void;

export interface System {
  /** Of `Place.State`, from `SYSTEM_STATE` on: the system's own. */
  readonly stateBytes: number;
  /** Between two calls of `CompartmentLabels.tick`, while a compartment runs. */
  readonly tickMs: number;
  /**
   * A page of memory is there once it was touched, and may be refused then: what an app lends is touched for it, so that
   * a refusal is the app's fault and not that of the kernel, which copies.
   */
  readonly givesPagesWhenTouched: boolean;
  readonly platform: SystemFunctions;
  /** `device.<name>`, with arguments as compiled code passes them, rbx the kernel's memory. */
  readonly device: Readonly<Record<string, Emit>>;

  /** rsi: address, rdx: bytes of one line, with its end. For the launcher; without a way there, for the error console. */
  readonly controlWrite: Emit;
  /** rdi: status. What waits to be sent leaves; does not return. */
  readonly exit: Emit;
  /** rsi: address, rdx: bytes of the boot configuration, `key=value` lines. */
  readonly configurationText: Emit;
  /**
   * rdi: number of a memory, rsi: its base, rdx: which one of those that compartments of one kind have. All of it,
   * contexts too, as before its first `InitialWord` was written.
   */
  readonly discardMemory: Emit;
  /** rdi: number of a table. Its elements are null. */
  readonly discardTable: Emit;
  /** `Routine.MemoryGrow` and `Routine.TableGrow`: registers as there. */
  readonly memoryGrow: Emit;
  readonly tableGrow: Emit;
}

/** Behind the kernel's `platform` imports. A platform whose kernel drives devices itself has no `net`. */
export interface SystemFunctions {
  /** rdi: stream, rsi: address, rdx: bytes. */
  readonly consoleWrite: Emit;
  /** rax: ns. */
  readonly clockMonotonic: Emit;
  readonly clockRealtime: Emit;
  /** rsi: address, rdx: bytes. rax: bytes written. */
  readonly entropySeed: Emit;
  /** rdi: deadline in ns, signed. */
  readonly idle: Emit;
  /** rsi: address, rdx: capacity. rax: length. */
  readonly netReceive?: Emit;
  /** rsi: address, rdx: bytes. rax: 1, or 0 where there is no room. */
  readonly netTransmit?: Emit;
  /** rsi: address of `rdx` pairs of u64, each a checked address and its bytes. rax: as for `netTransmit`. */
  readonly netTransmitPieces?: Emit;
  /** rsi: address of 6 bytes. rax: 1, or 0 without a device. */
  readonly netAddress?: Emit;
}

/** Code that platforms go to. */
export interface CompartmentLabels {
  /** A function: fills in what of `Fixed` and `Live` follows from bases, bounds and configuration. */
  readonly settle: number;
  /** The end of start-up: initializers, scripts, the kernel. Any stack; does not return. */
  readonly boot: number;
  /**
   * A fault in ring-3 code: after `Live.Fault` was filled in and `Live.Trapping` found zero and set. Any stack; goes on
   * where the compartment was entered, or ends the machine. A fault while `Live.Trapping` is set is this code's own.
   */
  readonly trap: number;
  /**
   * A function, for each tick. rdi: rbx of what the tick interrupted. rax: not 0 if that has run out of time: then
   * fill in `Live.Fault` with cause `Cause.TimeLimit`, set `Live.Trapping`, go to `trap`. Not while `Live.Trapping`.
   */
  readonly tick: number;
  /** rdi: status. Ends the machine with its `exit` record. Any stack. */
  readonly end: number;
}
