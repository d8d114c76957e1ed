/**
 * The network device in numbers (virtio 1.2, 5.1).
 *
 *   header: | flags | gso type | header length, u16 | gso size, u16 | checksum start, u16 | offset, u16 | buffers, u16 |
 */
/** The device makes the checksums that we leave to it (VIRTIO_NET_F_CSUM). */
export const CHECKSUM: u64 = 1 << 0;
/** The device may leave checksums to us, and tells which it has checked (VIRTIO_NET_F_GUEST_CSUM). */
export const GUEST_CHECKSUM: u64 = 1 << 1;
export const HAS_MTU: u64 = 1 << 3;
export const HAS_HARDWARE_ADDRESS: u64 = 1 << 5;
/** A frame may come in several buffers (VIRTIO_NET_F_MRG_RXBUF). */
export const MERGE_BUFFERS: u64 = 1 << 15;

export const enum NetQueue {
  Receive = 0,
  Transmit = 1,
}

/** The configuration space (5.1.4). */
export const enum NetConfiguration {
  HardwareAddress = 0,
  MaximumTransmissionUnit = 10,
}

export const HEADER_SIZE: u32 = 12;
export const FLAGS_AT: usize = 0;
/** Of the header's first eight bytes as a word: where the checksum's start stands. */
export const SUM_FROM_SHIFT: u64 = 48;
export const SUM_AT_AT: usize = 8;
export const BUFFERS_AT: usize = 10;

/** The checksum is for whoever gets the frame to complete; or the device found it right. */
export const NEEDS_CHECKSUM: u8 = 1;
export const DATA_VALID: u8 = 2;
