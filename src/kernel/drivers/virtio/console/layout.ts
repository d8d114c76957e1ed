/** The console device in numbers (virtio 1.2, 5.3), without MULTIPORT: there is port 0 only. */
export const enum ConsoleQueue {
  /** Never opened: nothing is read. */
  Receive = 0,
  Transmit = 1,
}
