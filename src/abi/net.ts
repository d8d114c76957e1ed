/**
 * What the platform's network device is: the answers of `platform.netAddress`.
 * Valid TypeScript and valid AssemblyScript.
 */
export const enum NetDevice {
  None = 0,
  /** Each frame is bytes and nothing else. */
  Plain = 1,
  /** Virtio's header of 12 bytes stands before each frame; the device makes checksums, and cuts and joins segments. */
  Offloading = 2,
}
