/**
 * The numbers of virtio 1.2 that all devices share, as drivers use them: status bits (2.1), kinds (5), features (6).
 */

/** "virt", little-endian. */
export const MAGIC: u32 = 0x74726976;
/** Of the interface without legacy. */
export const VERSION: u32 = 2;

export const enum Status {
  Reset = 0,
  Acknowledge = 1,
  Driver = 2,
  DriverOk = 4,
  FeaturesOk = 8,
  NeedsReset = 64,
  Failed = 128,
}

/** Used buffers, and changes of the configuration. */
export const ALL_INTERRUPTS: u32 = 3;

/** Section 5. */
export const enum DeviceId {
  Net = 1,
  Block = 2,
  Console = 3,
  Entropy = 4,
}

/** Feature bits that every device may have. */
export const EVENT_INDEX: u64 = 1 << 29;
export const VERSION_1: u64 = 1 << 32;
