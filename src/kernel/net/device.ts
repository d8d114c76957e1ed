/**
 * The network device as the network wants it: whole Ethernet frames in and out, nothing waits.
 *
 * A frame is parsed where the device put it: one at a time is taken, and its place given back.
 *
 * Drivers, the platform's own device, tracers and fault injectors all implement it, so they stack.
 */
import { Pieces } from "../memory/pieces";

export abstract class Device {
  /** Takes one received frame: its length, 0 when there is none. Its bytes are at `frame` until `release`. */
  abstract receive(): u32;

  /** Where the frame that was received last stands, up to `LONGEST_FRAME` bytes that the network may change. */
  abstract frame(): usize;

  /** Whether that frame's transport checksum is known to be right, or left out because it never was on a wire. */
  abstract isChecked(): bool;

  /** Where the device joined that frame from segments of TCP: bytes of text in each but the last; 0: it did not. */
  abstract segmentSize(): u32;

  /** Gives the frame's bytes back. */
  abstract release(): void;

  /** Where the next frame may be made, `CHUNK_SIZE` less 64 bytes, so that `transmit` need not copy it; 0: nowhere now. */
  abstract lend(): usize;

  /** As `lend`, for the headers of a frame of up to `LONGEST_FRAME` bytes that is to be cut; only where the device cuts any. */
  abstract lendLong(): usize;

  /**
   * Sends one frame, without frame check sequence. False: the device is full, try later.
   *
   * `sumFrom` not 0, only where the device makes checksums: it adds up all bytes from there on, and stores what
   * complements them `sumAt` bytes further, where the sum of a pseudo-header stands.
   */
  abstract transmit(pointer: usize, length: u32, sumFrom: u32, sumAt: u32): bool;

  /**
   * As `transmit`, of a frame of TCP with such a checksum, its headers in the place that `lendLong` gave and its text in
   * pieces, which are the caller's again afterwards: the device cuts it into segments with `segmentSize` bytes of text
   * each, and makes their headers from the frame's.
   */
  abstract transmitLong(
    pointer: usize,
    headers: u32,
    text: Pieces,
    sumFrom: u32,
    sumAt: u32,
    segmentSize: u32,
  ): bool;

  abstract makesChecksums(): bool;

  /** Whether it cuts frames of IPv4, or of IPv6. */
  abstract makesSegments(isSix: bool): bool;

  /** The device's address, 48 bits; 0: there is no device. */
  abstract hardwareAddress(): u64;

  /** The longest Ethernet payload it carries, in bytes. */
  abstract maximumTransmissionUnit(): u32;
}
