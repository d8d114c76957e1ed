/**
 * The platform's network device.
 * Valid TypeScript and valid AssemblyScript.
 */

/** Pieces of one frame that `platform.netTransmitPieces` takes: of 64 KiB, in chunks of 2 KiB, and the headers. */
export const PIECES_LIMIT = 36;

/** What it is: the answers of `platform.netAddress`. */
export const enum NetDevice {
  None = 0,
  /** Each frame is bytes and nothing else. */
  Plain = 1,
  /** Virtio's header of 12 bytes stands before each frame; the device makes checksums, and cuts and joins segments. */
  Offloading = 2,
}

/** Of the header before each frame of an `Offloading` device, as `kernel/net/wire/offload.ts` reads it. */
export const OFFLOAD_HEADER_BYTES = 12;

/** What became of a frame in pieces, and whether there is room for another: the answers of `platform.netTransmitPieces`. */
export const enum PiecesSent {
  /** It is lost. */
  None = 0,
  /** It leaves, and so may another. */
  All = 1,
  /** It leaves, and another would be lost. */
  Last = 2,
}
