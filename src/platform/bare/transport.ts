/** What differs between devices over MMIO and over PCI: how registers are reached, and queues set up. */
import type { Shorthand } from "../../linker/shorthand.ts";

/** MMIO registers (virtio 1.2, 4.2.2), by which drivers name them. */
export const enum Register {
  Magic = 0x00,
  Version = 0x04,
  DeviceId = 0x08,
  DeviceFeatures = 0x10,
  DeviceFeaturesSelect = 0x14,
  DriverFeatures = 0x20,
  DriverFeaturesSelect = 0x24,
  QueueSelect = 0x30,
  QueueSizeMaximum = 0x34,
  QueueSize = 0x38,
  QueueReady = 0x44,
  QueueNotify = 0x50,
  InterruptAcknowledge = 0x64,
  Status = 0x70,
  QueueDescriptors = 0x80,
  QueueDriver = 0x90,
  QueueDevice = 0xa0,
  ConfigurationGeneration = 0xfc,
  Configuration = 0x100,
}

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
