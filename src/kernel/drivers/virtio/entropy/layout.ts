/** The entropy device in numbers (virtio 1.2, 5.4). */
export const enum EntropyQueue {
  Request = 0,
}

/** Bytes in one request. */
export const BUFFER_SIZE: u32 = 64;
