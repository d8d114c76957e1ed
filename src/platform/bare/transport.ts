/** What differs between devices over MMIO and over PCI: how registers are reached, and queues set up. */
import type { Shorthand } from "../../linker/shorthand.ts";

/** r11: the device's record. Each may change rax, r9, r10. */
export interface Transport {
  /** rdx: a `Register` below `Configuration`'s end. eax: its value. A function's end. */
  read(a: Shorthand): void;
  /** rdx: a `Register` that drivers may write, ecx: its value. A function's end. */
  write(a: Shorthand): void;
  /** rdx: index, rcx: size. Selects the queue; goes to `refuse` where it is not there, too small, or in use. */
  selectQueue(a: Shorthand, refuse: number): void;
  /** rax: the queue's record, rdx: index, rcx: size, r9 rsi rdi: physical addresses of its three parts. */
  enableQueue(a: Shorthand): void;
  /** r10: `Queue.Notify`, eax: the queue's index. A function's end. */
  notify(a: Shorthand): void;
}
