/**
 * The network device (virtio 1.2, 5.1): a `net/device` whose frames lie in pinned chunks, where the device put them.
 *
 * A received frame is parsed in its chunk and the chunk offered again; one that is sent is made in a chunk, or copied into
 * one, that comes back when the device has it. Both queues are published and the device told once a round, in `flush`. Interrupts
 * are asked for only by `arm`, before the machine sleeps.
 *
 * Frames come from strangers: that the device may change one while it is parsed makes it another stranger's frame. No
 * parser reads a length twice.
 *
 * Owns:   the device, its queues, the chunks in them.
 * Tests:  driver.test.ts
 */
import { CHUNK_SIZE, chunkLimit, giveChunk, takeChunk } from "../../../memory/chunk";
import { Device } from "../../../net/device";
import { useDevice } from "../../../net/ip/link";
import { isStation, loadHardwareAddress } from "../../../net/wire/ethernet";
import { Fault, stopDevice } from "../fault";
import { DeviceId, EVENT_INDEX } from "../registers";
import {
  acknowledgeInterrupt,
  features,
  findDevice,
  member,
  needsReset,
  negotiate,
  readMember,
  run,
} from "../transport";
import { Access, openVirtqueue, Take, Virtqueue } from "../virtqueue";
import {
  BUFFERS_AT,
  CHECKSUM,
  DATA_VALID,
  FLAGS_AT,
  GUEST_CHECKSUM,
  HAS_HARDWARE_ADDRESS,
  HAS_MTU,
  HEADER_SIZE,
  MERGE_BUFFERS,
  NEEDS_CHECKSUM,
  NetConfiguration,
  NetQueue,
  SUM_AT_AT,
  SUM_FROM_SHIFT,
} from "./layout";

const NAME = "network";
const WANTED: u64 = EVENT_INDEX | CHECKSUM | GUEST_CHECKSUM | HAS_MTU | HAS_HARDWARE_ADDRESS | MERGE_BUFFERS;

const QUEUE_SIZE: u32 = 256;
const SMALLEST_QUEUE: u32 = 16;
/** Either queue holds at most this part of all chunks. */
const QUEUE_SHARE: u32 = 8;
/** Puts the IP header behind both others on a word boundary. */
const BUFFER_AT: u32 = 2;
const FRAME_AT: u32 = BUFFER_AT + HEADER_SIZE;
const BUFFER_SIZE: u32 = CHUNK_SIZE - BUFFER_AT;
/** Chunks of sent frames that are kept for the next ones: the queue knows where they are. */
const SPARE_LIMIT: u32 = 64;

const ETHERNET_MTU: u32 = 1500;
/** RFC 791 3.2: what every network carries. */
const SMALLEST_MTU: u32 = 68;

class VirtioNet extends Device {
  device: i32;
  address: u64;
  mtu: u32;
  mergesBuffers: bool;
  checksChecksums: bool;
  leavesChecksums: bool;
  receiveQueue: Virtqueue;
  transmitQueue: Virtqueue;
  /** The chunk of the received frame; 0: none. */
  chunk: usize = 0;
  checked: bool = false;
  /** The chunk that `lend` gave; 0: none. */
  lent: usize = 0;
  /** The first chunk to send with; its first word links to the next. */
  spare: usize = 0;
  spareCount: u32 = 0;
  /** An interrupt may have come that was not acknowledged. */
  wasArmed: bool = false;
  /** A frame found the transmit queue full. */
  isFull: bool = false;
  isStopped: bool = false;

  constructor(device: i32, address: u64, mtu: u32, receiveQueue: Virtqueue, transmitQueue: Virtqueue) {
    super();
    this.device = device;
    this.address = address;
    this.mtu = mtu;
    this.mergesBuffers = (features & MERGE_BUFFERS) != 0;
    this.checksChecksums = (features & GUEST_CHECKSUM) != 0;
    this.leavesChecksums = (features & CHECKSUM) != 0;
    this.receiveQueue = receiveQueue;
    this.transmitQueue = transmitQueue;
    for (let count: u32 = 0; count < receiveQueue.size; count++) {
      const chunk = takeChunk();
      if (chunk != 0) this.offerChunk(chunk);
    }
  }

  receive(): u32 {
    // Bounded: what is dropped here is offered again but not published before `flush`.
    while (this.takeReceived()) {
      const length = this.receiveQueue.length;
      if (length < HEADER_SIZE) {
        this.stop(Fault.ShortHeader);
        return 0;
      }
      const chunk = this.receiveQueue.owner;
      const flags = load<u8>(chunk, BUFFER_AT + FLAGS_AT);
      const more = this.mergesBuffers ? <u32>load<u16>(chunk, BUFFER_AT + BUFFERS_AT) - 1 : 0;
      if (more == 0 && length > HEADER_SIZE) {
        this.chunk = chunk;
        this.checked = this.checksChecksums && (flags & (NEEDS_CHECKSUM | DATA_VALID)) != 0;
        return length - HEADER_SIZE;
      }
      this.offerChunk(chunk);
      if (!this.dropRest(more)) return 0;
    }
    return 0;
  }

  frame(): usize {
    return this.chunk + FRAME_AT;
  }

  isChecked(): bool {
    return this.checked;
  }

  release(): void {
    // The chunks of a device that was stopped may still be written to.
    if (this.chunk != 0 && !this.isStopped) this.offerChunk(this.chunk);
    this.chunk = 0;
  }

  lend(): usize {
    if (this.lent == 0) {
      if (this.isStopped || (this.transmitQueue.freeCount == 0 && !this.makeRoom())) return 0;
      this.lent = this.takeSpare();
      if (this.lent == 0) return 0;
    }
    return this.lent + FRAME_AT;
  }

  transmit(pointer: usize, length: u32, sumFrom: u32, sumAt: u32): bool {
    if (this.isStopped) return true; // there is no cable any more
    assert(length <= CHUNK_SIZE - FRAME_AT, "network: a frame fits a chunk");
    let chunk: usize = 0;
    const queue = this.transmitQueue;
    if (queue.freeCount != 0 || this.makeRoom()) {
      const isInPlace = this.lent != 0 && this.lent + FRAME_AT == pointer;
      chunk = isInPlace ? this.lent : this.takeSpare();
      if (isInPlace) this.lent = 0;
      else if (chunk != 0) memory.copy(chunk + FRAME_AT, pointer, length);
    }
    if (chunk == 0) {
      this.isFull = true;
      return this.isStopped;
    }
    // All but what is set is 0.
    store<u64>(
      chunk,
      sumFrom == 0 ? 0 : (<u64>NEEDS_CHECKSUM) | ((<u64>sumFrom) << SUM_FROM_SHIFT),
      BUFFER_AT,
    );
    store<u32>(chunk, sumAt, BUFFER_AT + SUM_AT_AT);
    queue.offerPiece(chunk + BUFFER_AT, HEADER_SIZE + length, Access.DeviceReads, chunk);
    return true;
  }

  makesChecksums(): bool {
    return this.leavesChecksums;
  }

  hardwareAddress(): u64 {
    return this.address;
  }

  maximumTransmissionUnit(): u32 {
    return this.mtu;
  }

  flush(): void {
    if (this.isStopped) return;
    this.transmitQueue.publish();
    this.receiveQueue.publish();
  }

  drain(): void {
    this.flush();
    while (!this.isStopped && this.transmitQueue.inFlight > 0) {
      const took = this.transmitQueue.takeSoon();
      if (took != Take.Buffer) return; // lost with the machine
      this.keepChunk(this.transmitQueue.owner);
    }
  }

  /** Asks for interrupts. True: there is work already. */
  arm(): bool {
    if (this.isStopped) return false;
    this.reclaim();
    if (this.isStopped) return false;
    if (this.receiveQueue.hasNews()) return true;
    // Here and not after sleep, where a frame waits. What came before this is seen below.
    if (this.wasArmed) acknowledgeInterrupt(this.device);
    this.wasArmed = true;
    const received = this.receiveQueue.arm();
    if (!this.isFull) return received;
    // What waits above goes on when the first buffer comes back, which may be now.
    const room = this.transmitQueue.freeCount > 0;
    this.isFull = false;
    return this.transmitQueue.arm() || room || received;
  }

  /** After sleep. A machine that was woken for nothing looks whether the device wants to tell that it is broken. */
  disarm(): void {
    if (this.isStopped) return;
    this.receiveQueue.disarm();
    this.transmitQueue.disarm();
    if (!this.receiveQueue.hasNews() && needsReset(this.device)) this.stop(Fault.NeedsReset);
  }

  private offerChunk(chunk: usize): void {
    this.receiveQueue.offerPiece(chunk + BUFFER_AT, BUFFER_SIZE, Access.DeviceWrites, chunk);
  }

  /** Takes back what the device is done with: whether a frame may leave now. */
  private makeRoom(): bool {
    const queue = this.transmitQueue;
    queue.publish();
    this.reclaim();
    return queue.freeCount != 0;
  }

  /** A chunk to send with; 0: there is none. */
  private takeSpare(): usize {
    const chunk = this.spare;
    if (chunk == 0) return takeChunk();
    this.spare = load<usize>(chunk);
    this.spareCount--;
    return chunk;
  }

  private keepChunk(chunk: usize): void {
    if (this.spareCount == SPARE_LIMIT) return giveChunk(chunk);
    store<usize>(chunk, this.spare);
    this.spare = chunk;
    this.spareCount++;
  }

  private takeReceived(): bool {
    if (this.isStopped) return false;
    const took = this.receiveQueue.take();
    if (took == Take.DeviceFault) this.stop(this.receiveQueue.fault);
    return took == Take.Buffer;
  }

  /** Drops the other buffers of a frame that is longer than any we asked for; they were used with the first (5.1.6.4). */
  private dropRest(count: u32): bool {
    for (; count != 0; count--) {
      if (!this.takeReceived()) {
        this.stop(Fault.MissingBuffers);
        return false;
      }
      this.offerChunk(this.receiveQueue.owner);
    }
    return true;
  }

  /** Gives back the chunks of frames that are out. */
  private reclaim(): void {
    const queue = this.transmitQueue;
    let took = queue.take();
    for (; took == Take.Buffer; took = queue.take()) this.keepChunk(queue.owner);
    if (took == Take.DeviceFault) this.stop(queue.fault);
  }

  private stop(fault: Fault): void {
    if (this.isStopped) return;
    this.isStopped = true;
    stopDevice(this.device, NAME, fault);
  }
}

/** The one in use; null: the machine has none. */
let net: VirtioNet = changetype<VirtioNet>(0);

/** Puts the network's device in place, if there is one. After the chunks, before `startLink`. */
export function start(): void {
  const device = findDevice(DeviceId.Net);
  if (device < 0) return;
  const fault = startDevice(device);
  if (fault != Fault.None) stopDevice(device, NAME, fault);
}

/** Lets frames out: at the end of a round. */
export function flush(): void {
  if (changetype<usize>(net) != 0) net.flush();
}

/** Waits until all frames are out: before the machine ends. */
export function drain(): void {
  if (changetype<usize>(net) != 0) net.drain();
}

/** Before sleep: true when there is work instead. */
export function arm(): bool {
  return changetype<usize>(net) != 0 && net.arm();
}

/** After sleep. */
export function disarm(): void {
  if (changetype<usize>(net) != 0) net.disarm();
}

function startDevice(device: i32): Fault {
  const fault = negotiate(device, WANTED);
  if (fault != Fault.None) return fault;
  // Its address would be ours to choose; every VMM chooses one.
  if ((features & HAS_HARDWARE_ADDRESS) == 0) return Fault.Features;
  if (!readMember(device, NetConfiguration.HardwareAddress, 6)) return Fault.Configuration;
  const address = loadHardwareAddress(memberBytes());
  if (!isStation(address)) return Fault.Configuration;
  let mtu = ETHERNET_MTU;
  if ((features & HAS_MTU) != 0) {
    if (!readMember(device, NetConfiguration.MaximumTransmissionUnit, 2)) return Fault.Configuration;
    if (<u32>member < SMALLEST_MTU) return Fault.Configuration;
    mtu = min(mtu, <u32>member);
  }
  const hasEventIndex = (features & EVENT_INDEX) != 0;
  const size = queueSize();
  const receiveQueue = openVirtqueue(device, NetQueue.Receive, size, hasEventIndex);
  const transmitQueue = openVirtqueue(device, NetQueue.Transmit, size, hasEventIndex);
  if (receiveQueue == null || transmitQueue == null) return Fault.Queue;
  net = new VirtioNet(device, address, mtu, receiveQueue, transmitQueue);
  useDevice(net);
  run(device);
  net.flush();
  return Fault.None;
}

/** As large as the chunks allow: they are for connections too. */
function queueSize(): u32 {
  const share = chunkLimit() / QUEUE_SHARE;
  let size = SMALLEST_QUEUE;
  while (size < QUEUE_SIZE && size * 2 <= share) size *= 2;
  return size;
}

/** `member` as bytes stand in memory. */
function memberBytes(): usize {
  const bytes = memory.data(8, 8);
  store<u64>(bytes, member);
  return bytes;
}
