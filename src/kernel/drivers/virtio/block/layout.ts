/**
 * The block device in numbers (virtio 1.2, 5.2).
 *
 *   request: | type, u32 | reserved, u32 | sector, u64 | data ... | status, u8 |
 */
export const READ_ONLY: u64 = 1 << 5;
export const HAS_FLUSH: u64 = 1 << 9;

export const enum BlockQueue {
  Request = 0,
}

/** The configuration space (5.2.4): u64, in sectors. */
export const enum BlockConfiguration {
  Capacity = 0,
}

export const enum BlockRequest {
  Read = 0,
  Write = 1,
  Flush = 4,
}

/** What the device writes last. */
export const enum BlockStatus {
  Ok = 0,
  IoError = 1,
  Unsupported = 2,
}

export const HEADER_SIZE: u32 = 16;
export const SECTOR_AT: usize = 8;
export const SECTOR_SIZE: u32 = 512;
