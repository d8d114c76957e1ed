/**
 * The platform's own network device, for platforms that have the driver on their side of the border.
 *
 * Where the platform says so, virtio's header stands before each frame (`wire/offload.ts`), and the device makes
 * checksums and segments. Frames are then made behind room for the header, and one read or write carries up to 64 KiB.
 *
 *   place: | 2 spare | header 12 | frame ... |            the spare bytes put the IP header on a word boundary
 *
 * A cable that has no room for another long frame says so with the last one it took; they wait in their connections then.
 *
 * Tests: tests/functional/tap.test.ts
 */
import { NetDevice, PiecesSent } from "../../../abi/net";
import { netAddress, netReceive, netTransmit, netTransmitPieces } from "../../cpu/platform";
import { reserve } from "../../memory/arena";
import { CHUNK_SIZE } from "../../memory/chunk";
import { Pieces } from "../../memory/pieces";
import { Device } from "../device";
import { HARDWARE_ADDRESS_SIZE, loadHardwareAddress } from "../wire/ethernet";
import {
  emitOffload,
  emitSegmented,
  isSummed,
  LONGEST_FRAME,
  OFFLOAD_HEADER_SIZE,
  readOffload,
  segmentSize,
} from "../wire/offload";
import { useDevice } from "./link";

/** The payload of a standard Ethernet frame (RFC 894). */
const ETHERNET_MTU: u32 = 1500;
const SPARE: u32 = 2;

const scratch: usize = memory.data(8);

/** Has the network use the platform's device; before `startLink`. */
export function usePlatformDevice(): void {
  assert(HARDWARE_ADDRESS_SIZE <= 8);
  const kind = netAddress(scratch);
  const address = kind == NetDevice.None ? 0 : loadHardwareAddress(scratch);
  if (kind == NetDevice.Offloading) useDevice(new OffloadingDevice(address));
  else useDevice(new PlainDevice(address));
}

class PlainDevice extends Device {
  address: u64;
  place: usize;

  constructor(address: u64) {
    super();
    this.address = address;
    this.place = reserve(CHUNK_SIZE) + SPARE;
  }

  receive(): u32 {
    return min(netReceive(this.place, CHUNK_SIZE - SPARE), CHUNK_SIZE - SPARE);
  }

  frame(): usize {
    return this.place;
  }

  isChecked(): bool {
    return false;
  }

  segmentSize(): u32 {
    return 0;
  }

  release(): void {}

  lend(): usize {
    return 0;
  }

  lendLong(): usize {
    return 0;
  }

  transmit(pointer: usize, length: u32, _sumFrom: u32, _sumAt: u32): bool {
    return netTransmit(pointer, length) != 0;
  }

  transmitLong(_pointer: usize, _headers: u32, _text: Pieces, _from: u32, _at: u32, _size: u32): bool {
    return false;
  }

  makesChecksums(): bool {
    return false;
  }

  makesSegments(_isSix: bool): bool {
    return false;
  }

  hardwareAddress(): u64 {
    return this.address;
  }

  maximumTransmissionUnit(): u32 {
    return ETHERNET_MTU;
  }
}

class OffloadingDevice extends Device {
  address: u64;
  /** Where headers stand: of the frame that was received, of the one that was lent, of one that was made elsewhere. */
  received: usize;
  lent: usize;
  copied: usize;
  /** The cable has said so; whether it still is must be asked. */
  isFull: bool = false;

  constructor(address: u64) {
    super();
    this.address = address;
    this.received = reserve(SPARE + OFFLOAD_HEADER_SIZE + LONGEST_FRAME) + SPARE;
    this.lent = reserve(SPARE + OFFLOAD_HEADER_SIZE + CHUNK_SIZE) + SPARE;
    this.copied = reserve(SPARE + OFFLOAD_HEADER_SIZE + CHUNK_SIZE) + SPARE;
  }

  receive(): u32 {
    const capacity = OFFLOAD_HEADER_SIZE + LONGEST_FRAME;
    let length = netReceive(this.received, capacity);
    // Bounded: each step takes a frame off a queue that the platform bounds.
    while (length != 0) {
      const bytes = length - OFFLOAD_HEADER_SIZE;
      const fits = length > OFFLOAD_HEADER_SIZE && length <= capacity;
      if (fits && readOffload(this.received, this.frame(), bytes)) return bytes;
      length = netReceive(this.received, capacity);
    }
    return 0;
  }

  frame(): usize {
    return this.received + OFFLOAD_HEADER_SIZE;
  }

  isChecked(): bool {
    return isSummed;
  }

  segmentSize(): u32 {
    return segmentSize;
  }

  release(): void {}

  lend(): usize {
    return this.lent + OFFLOAD_HEADER_SIZE;
  }

  lendLong(): usize {
    if (this.isFull) this.isFull = netTransmitPieces(this.lent, 0) != PiecesSent.All;
    return this.isFull ? 0 : this.lent + OFFLOAD_HEADER_SIZE;
  }

  transmit(pointer: usize, length: u32, sumFrom: u32, sumAt: u32): bool {
    let header = pointer - OFFLOAD_HEADER_SIZE;
    if (header != this.lent) {
      // While a datagram is being made in what was lent, others may have to go first.
      header = this.copied;
      assert(length <= CHUNK_SIZE, "network: a frame fits a chunk");
      memory.copy(header + OFFLOAD_HEADER_SIZE, pointer, length);
    }
    emitOffload(header, sumFrom, sumAt);
    return netTransmit(header, OFFLOAD_HEADER_SIZE + length) != 0;
  }

  /** The text is copied by the platform, from where it stands. */
  transmitLong(pointer: usize, headers: u32, text: Pieces, sumFrom: u32, sumAt: u32, segmentSize: u32): bool {
    const header = pointer - OFFLOAD_HEADER_SIZE;
    emitSegmented(header, pointer, sumFrom, sumAt, segmentSize);
    const list = text.behind(header, OFFLOAD_HEADER_SIZE + headers);
    const sent = netTransmitPieces(list, text.count + 1);
    this.isFull = sent != PiecesSent.All;
    return sent != PiecesSent.None;
  }

  makesChecksums(): bool {
    return true;
  }

  makesSegments(_isSix: bool): bool {
    return true;
  }

  hardwareAddress(): u64 {
    return this.address;
  }

  maximumTransmissionUnit(): u32 {
    return ETHERNET_MTU;
  }
}
