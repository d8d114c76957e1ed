/**
 * The network device in numbers (virtio 1.2, 5.1). What stands before its frames is in `net/wire/offload.ts`.
 */

/** The device makes the checksums that we leave to it (VIRTIO_NET_F_CSUM). */
export const CHECKSUM: u64 = 1 << 0;
/** The device may leave checksums to us, and tells which it has checked (VIRTIO_NET_F_GUEST_CSUM). */
export const GUEST_CHECKSUM: u64 = 1 << 1;
export const HAS_MTU: u64 = 1 << 3;
export const HAS_HARDWARE_ADDRESS: u64 = 1 << 5;
/** The device may join segments of TCP over IPv4 and IPv6 (VIRTIO_NET_F_GUEST_TSO4, 6). */
const GUEST_SEGMENTS4: u64 = 1 << 7;
const GUEST_SEGMENTS6: u64 = 1 << 8;
/** The device cuts long segments of TCP over IPv4 and IPv6 (VIRTIO_NET_F_HOST_TSO4, 6). */
export const SEGMENTS4: u64 = 1 << 11;
export const SEGMENTS6: u64 = 1 << 12;
export const JOINING: u64 = GUEST_SEGMENTS4 | GUEST_SEGMENTS6;
export const CUTTING: u64 = SEGMENTS4 | SEGMENTS6;
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
