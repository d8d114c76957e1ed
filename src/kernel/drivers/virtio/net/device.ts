/**
 * The network device (virtio 1.2, 5.1) at work: a `net/device` whose frames lie in pinned chunks, where the device put them.
 *
 * A received frame is parsed in its chunk and the chunk offered again; one that is sent is made in a chunk, or copied into
 * one, that comes back when the device has it. Both queues are published and the device told once a round, in `flush`. Interrupts
 * are asked for only by `arm`, before the machine sleeps.
 *
 * Where the device offers it, it makes the checksums, cuts what TCP sends as one, and joins what TCP gets as one: such a frame
 * comes in several chunks and is put together in a place of 64 KiB.
 *
 * Frames come from strangers: that the device may change one while it is parsed makes it another stranger's frame. No
 * parser reads a length twice.
 *
 * Owns:   the device, its queues, the chunks in the receive queue.
 * Tests:  driver.test.ts
 */
import { reserve } from "../../../memory/arena";
import { CHUNK_SIZE, takeChunk } from "../../../memory/chunk";
import { Pieces } from "../../../memory/pieces";
import { Device } from "../../../net/device";
import {
  bufferCount,
  emitOffload,
  emitSegmented,
  isSummed,
  LONGEST_FRAME,
  OFFLOAD_HEADER_SIZE,
  readOffload,
  segmentSize,
} from "../../../net/wire/offload";
import { Fault, stopDevice } from "../fault";
import { acknowledgeInterrupt, features, needsReset } from "../transport";
import { Patience } from "../patience";
import { Access, Take, Virtqueue } from "../virtqueue";
import { CHECKSUM, CUTTING, GUEST_CHECKSUM, JOINING, MERGE_BUFFERS, SEGMENTS4, SEGMENTS6 } from "./layout";
import { hasLongBuffer, keepBuffer, startLongBuffers, takeBuffer, takeLongBuffer } from "./send-buffers";

export const NAME = "network";
/** Puts the IP header behind both others on a word boundary. */
const BUFFER_AT: u32 = 2;
const FRAME_AT: u32 = BUFFER_AT + OFFLOAD_HEADER_SIZE;
const BUFFER_SIZE: u32 = CHUNK_SIZE - BUFFER_AT;
/** Frames that leave at the latest with one notice, and rounds in which they may wait for others. */
const HELD_FRAMES: u32 = 24;
const HELD_ROUNDS: u32 = 16;
/** Some microseconds, and some ten. */
const LOOKS_BEFORE_NOTICE: u32 = 24;
const LOOKS_BEFORE_SLEEP: u32 = 64;

export class VirtioNet extends Device {
  device: i32;
  address: u64;
  mtu: u32;
  mergesBuffers: bool;
  checksChecksums: bool;
  joinsSegments: bool;
  leavesChecksums: bool;
  /** As the features are, where there are buffers to send from. */
  leavesSegments: u64;
  receiveQueue: Virtqueue;
  transmitQueue: Virtqueue;
  /** Where the received frame stands, and the chunk that is to be offered again for it; 0: none. */
  place: usize = 0;
  chunk: usize = 0;
  /** Where a frame that came in several chunks is put together: as it would stand in a chunk. */
  joined: usize = 0;
  /** What `lend` and `lendLong` gave; 0: nothing. */
  lent: usize = 0;
  lentLong: usize = 0;
  /** An interrupt may have come that was not acknowledged. */
  wasArmed: bool = false;
  /** A frame found the transmit queue full, or no long buffer. */
  isFull: bool = false;
  lacksLong: bool = false;
  isStopped: bool = false;
  /** Rounds since frames have left. */
  held: u32 = 0;
  beforeNotice: Patience = new Patience(LOOKS_BEFORE_NOTICE);
  beforeSleep: Patience = new Patience(LOOKS_BEFORE_SLEEP);

  constructor(device: i32, address: u64, mtu: u32, receiveQueue: Virtqueue, transmitQueue: Virtqueue) {
    super();
    this.device = device;
    this.address = address;
    this.mtu = mtu;
    this.mergesBuffers = (features & MERGE_BUFFERS) != 0;
    this.checksChecksums = (features & GUEST_CHECKSUM) != 0;
    this.joinsSegments = (features & JOINING) != 0;
    this.leavesChecksums = (features & CHECKSUM) != 0;
    // Before the chunks are handed out one by one.
    this.leavesSegments = (features & CUTTING) != 0 && startLongBuffers() ? features : 0;
    this.receiveQueue = receiveQueue;
    this.transmitQueue = transmitQueue;
    if (this.mergesBuffers) this.joined = reserve(FRAME_AT + LONGEST_FRAME);
    for (let count: u32 = 0; count < receiveQueue.size; count++) {
      const chunk = takeChunk();
      if (chunk != 0) this.offerChunk(chunk);
    }
  }

  receive(): u32 {
    // Bounded: what is dropped here is offered again but not published before `flush`.
    while (this.takeReceived()) {
      const length = this.receiveQueue.length;
      if (length < OFFLOAD_HEADER_SIZE) {
        this.stop(Fault.ShortHeader);
        return 0;
      }
      const chunk = this.receiveQueue.owner;
      const buffers = this.mergesBuffers ? bufferCount(chunk + BUFFER_AT) : 1;
      if (buffers == 1) {
        this.chunk = chunk;
        if (this.isSound(chunk, length - OFFLOAD_HEADER_SIZE)) return length - OFFLOAD_HEADER_SIZE;
        this.offerChunk(chunk);
      } else {
        this.chunk = 0;
        const whole = this.join(chunk, length, buffers);
        if (this.isStopped) return 0;
        if (whole <= LONGEST_FRAME && this.isSound(this.joined, whole)) return whole;
      }
    }
    return 0;
  }

  frame(): usize {
    return this.place;
  }

  isChecked(): bool {
    return this.checksChecksums && isSummed;
  }

  segmentSize(): u32 {
    return segmentSize;
  }

  release(): void {
    // The chunks of a device that was stopped may still be written to.
    if (this.chunk != 0 && !this.isStopped) this.offerChunk(this.chunk);
    this.chunk = 0;
  }

  lend(): usize {
    if (this.lent == 0) {
      if (this.isStopped || (this.transmitQueue.freeCount == 0 && !this.makeRoom())) return 0;
      this.lent = takeBuffer();
      if (this.lent == 0) return 0;
    }
    return this.lent + FRAME_AT;
  }

  lendLong(): usize {
    if (this.isStopped) return 0;
    // Both come back with what the device is done with.
    const isShort = this.transmitQueue.freeCount == 0 || (this.lentLong == 0 && !hasLongBuffer());
    if (isShort && !this.makeRoom()) {
      this.isFull = true;
      return 0;
    }
    if (this.lentLong == 0) this.lentLong = takeLongBuffer();
    if (this.lentLong != 0) return this.lentLong + FRAME_AT;
    this.isFull = true;
    this.lacksLong = true;
    return 0;
  }

  transmit(pointer: usize, length: u32, sumFrom: u32, sumAt: u32): bool {
    if (this.isStopped) return true; // there is no cable any more
    assert(length <= CHUNK_SIZE - FRAME_AT, "network: a frame fits a chunk");
    let chunk: usize = 0;
    const queue = this.transmitQueue;
    if (queue.freeCount != 0 || this.makeRoom()) {
      const isInPlace = this.lent != 0 && this.lent + FRAME_AT == pointer;
      chunk = isInPlace ? this.lent : takeBuffer();
      if (isInPlace) this.lent = 0;
      else if (chunk != 0) memory.copy(chunk + FRAME_AT, pointer, length);
    }
    if (chunk == 0) {
      this.isFull = true;
      return this.isStopped;
    }
    emitOffload(chunk + BUFFER_AT, sumFrom, sumAt);
    queue.offerPiece(chunk + BUFFER_AT, OFFLOAD_HEADER_SIZE + length, Access.DeviceReads, chunk);
    return true;
  }

  /** The headers stand where `lendLong` said, which saw to a free descriptor. */
  transmitLong(pointer: usize, headers: u32, text: Pieces, sumFrom: u32, sumAt: u32, segmentSize: u32): bool {
    if (this.isStopped) return true;
    const buffer = this.lentLong;
    const length = headers + text.bytes;
    assert(buffer != 0 && buffer + FRAME_AT == pointer, "network: a long frame is made where one was lent");
    assert(length <= LONGEST_FRAME, "network: a long frame fits its buffer");
    this.lentLong = 0;
    text.copyTo(pointer + headers);
    const header = buffer + BUFFER_AT;
    emitSegmented(header, pointer, sumFrom, sumAt, segmentSize);
    this.transmitQueue.offerPiece(header, OFFLOAD_HEADER_SIZE + length, Access.DeviceReads, buffer);
    return true;
  }

  makesChecksums(): bool {
    return this.leavesChecksums;
  }

  makesSegments(isSix: bool): bool {
    return (this.leavesSegments & (isSix ? SEGMENTS6 : SEGMENTS4)) != 0;
  }

  hardwareAddress(): u64 {
    return this.address;
  }

  maximumTransmissionUnit(): u32 {
    return this.mtu;
  }

  flush(): void {
    if (this.isStopped) return;
    this.receiveQueue.publish();
    const waiting = this.transmitQueue.unpublished();
    if (waiting == 0) return;
    // Where more comes another round follows at once, and what that sends needs no notice of its own.
    const mayWait = waiting < HELD_FRAMES && this.held != HELD_ROUNDS;
    if (mayWait && this.beforeNotice.awaits(this.receiveQueue)) {
      this.held++;
      return;
    }
    this.held = 0;
    this.transmitQueue.publish();
  }

  drain(): void {
    this.held = HELD_ROUNDS;
    this.flush();
    while (!this.isStopped && this.transmitQueue.inFlight > 0) {
      const took = this.transmitQueue.takeSoon();
      if (took != Take.Buffer) return; // lost with the machine
      keepBuffer(this.transmitQueue.owner);
    }
  }

  /** Before `arm`: whether a frame comes in a moment. */
  expect(): bool {
    return !this.isStopped && this.beforeSleep.awaits(this.receiveQueue);
  }

  /** Asks for interrupts. True: there is work already. */
  arm(): bool {
    if (this.isStopped) return false;
    this.transmitQueue.publish();
    this.reclaim();
    if (this.isStopped) return false;
    if (this.receiveQueue.hasNews()) return true;
    // Here and not after sleep, where a frame waits. What came before this is seen below.
    if (this.wasArmed) acknowledgeInterrupt(this.device);
    this.wasArmed = true;
    const received = this.receiveQueue.arm();
    if (!this.isFull) return received;
    // What waits above goes on when the first buffer comes back, which may be now.
    const room = this.transmitQueue.freeCount > 0 && (!this.lacksLong || hasLongBuffer());
    this.isFull = false;
    this.lacksLong = false;
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

  /** Whether what stands at `buffer` is a frame of `length` bytes that we take; it is the received one then. */
  private isSound(buffer: usize, length: u32): bool {
    this.place = buffer + FRAME_AT;
    if (length == 0 || !readOffload(buffer + BUFFER_AT, buffer + FRAME_AT, length)) return false;
    return segmentSize == 0 || this.joinsSegments;
  }

  private takeReceived(): bool {
    if (this.isStopped) return false;
    const took = this.receiveQueue.take();
    if (took == Take.DeviceFault) this.stop(this.receiveQueue.fault);
    return took == Take.Buffer;
  }

  /**
   * Copies a frame together that lies in several buffers, all used with the first (5.1.6.4), of which `length` bytes are
   * known: the frame's length, which may be more than fits and was copied.
   */
  private join(first: usize, length: u32, buffers: u32): u32 {
    memory.copy(this.joined + BUFFER_AT, first + BUFFER_AT, length);
    this.offerChunk(first);
    let whole = length - OFFLOAD_HEADER_SIZE;
    for (let left = buffers - 1; left != 0; left--) {
      if (!this.takeReceived()) {
        this.stop(Fault.MissingBuffers);
        return 0;
      }
      const chunk = this.receiveQueue.owner;
      const part = this.receiveQueue.length;
      if (whole + part <= LONGEST_FRAME) memory.copy(this.joined + FRAME_AT + whole, chunk + BUFFER_AT, part);
      whole += part;
      this.offerChunk(chunk);
    }
    return whole;
  }

  /** Gives back the chunks of frames that are out. */
  private reclaim(): void {
    const queue = this.transmitQueue;
    let took = queue.take();
    for (; took == Take.Buffer; took = queue.take()) keepBuffer(queue.owner);
    if (took == Take.DeviceFault) this.stop(queue.fault);
  }

  private stop(fault: Fault): void {
    if (this.isStopped) return;
    this.isStopped = true;
    stopDevice(this.device, NAME, fault);
  }
}
