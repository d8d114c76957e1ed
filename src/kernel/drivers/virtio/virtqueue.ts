/**
 * Split virtqueue, driver side (virtio 1.2, 2.7).
 *
 *   available: | flags | index | heads of buffers, u16 each | used event |
 *   used:      | flags | index | id and length, u32 each    | available event |
 *
 * The rings are shared with a device we do not trust: each number it writes is read once, checked here, and callers
 * only ever see buffers that were in flight and lengths that fit them. The descriptor table is out of our reach and of
 * the device's: `describe` writes it, and a device that makes nonsense of it harms itself. What it wrote stays, so a
 * buffer that is offered again as it was before, which is what buffers do, needs no word.
 *
 * Offered buffers are published together, with one notice for all. Who is told of what, both ways, goes by event
 * indices where the device has them. Atomic stores are exchanges, so what they published is seen before what is
 * loaded after them.
 *
 * Owns:   the free list, the cursors, and the buffers in flight.
 * Never:  touches device registers, blocks, or allocates after `openVirtqueue`.
 * Tests:  virtqueue.test.ts runs this file in Node against a model device; fuzz/virtqueue.ts.
 */
import { describe, notify, openQueue, watch } from "../../cpu/device";
import { reserve } from "../../memory/arena";
import { takePinned } from "../../memory/pinned";
import { Fault } from "./fault";

export const enum Take {
  Nothing = 0,
  Buffer = 1,
  DeviceFault = 2,
}

export const enum Access {
  DeviceReads = 0,
  /** VIRTQ_DESC_F_WRITE. */
  DeviceWrites = 2,
}

const NEXT: u32 = 1; // VIRTQ_DESC_F_NEXT
const FLAGS: usize = 0;
const INDEX: usize = 2;
const RING: usize = 4;
const USED_ELEMENT_SIZE: usize = 8;
const NO_INTERRUPT: u16 = 1; // VIRTQ_AVAIL_F_NO_INTERRUPT
const NO_NOTIFY: u16 = 1; // VIRTQ_USED_F_NO_NOTIFY
const LINE: usize = 64;
const NONE: u32 = 0xffff_ffff;
const LOOKS_LIMIT: u32 = 1 << 27;

// What a descriptor is.
const FREE: u16 = 0;
/** In a buffer, not its first. */
const MEMBER: u16 = 1;
/** The first of a buffer that was offered. */
const HEAD: u16 = 2;

/** What we know of a descriptor, where no device can write. */
@final
@unmanaged
class Slot {
  /** The next free one, or of the buffer; NONE: the last. */
  next: u32;
  /** FREE, MEMBER or HEAD. */
  state: u16;
  /** Of a head: where it stands among all that were offered. */
  position: u16;
  /** Of a head: bytes that the device may write into the buffer, and the owner's word for it. */
  writable: u32;
  owner: usize;
  /** What the descriptor says, where it is alone; a length of 0: something else. */
  pointer: usize;
  length: u32;
  access: u32;
  reserved: u32;
}

const SLOT_SIZE: usize = 32;
if (offsetof<Slot>() != SLOT_SIZE) ERROR("a slot is 32 bytes");

@final
@unmanaged
export class Virtqueue {
  /** The platform's number for it. */
  handle: i32;
  /** Descriptors, a power of two. */
  size: u32;
  available: usize;
  used: usize;
  slots: usize;
  free: u32;
  freeCount: u32;
  /** Buffers offered and not taken back. */
  inFlight: u32;
  /** The first and the last descriptor of the buffer that is being made; NONE: there is none. */
  head: u32;
  tail: u32;
  tailPointer: usize;
  tailLength: u32;
  tailAccess: u32;
  /** Of the buffer that `take` gave: the owner's word, and how many bytes the device wrote. */
  owner: usize;
  length: u32;
  /** The first thing that the device did wrong; nothing is taken after it. */
  fault: Fault;
  /** Ring positions, which wrap at 65536 as the device's do: offered, published, taken, and known to be used. */
  offeredIndex: u16;
  publishedIndex: u16;
  takenIndex: u16;
  seenIndex: u16;
  hasEventIndex: bool;

  /** Appends bytes, all pinned, to the buffer that is being made. There must be a free descriptor. */
  append(pointer: usize, length: u32, access: Access): void {
    assert(this.freeCount > 0, "virtqueue: a descriptor is free");
    const descriptor = this.free;
    const slot = this.slotAt(descriptor);
    this.free = slot.next;
    this.freeCount--;
    slot.next = NONE;
    slot.state = MEMBER;
    if (this.head == NONE) {
      this.head = descriptor;
      slot.writable = 0;
    } else {
      this.describeTail(NEXT, descriptor);
      this.slotAt(this.tail).next = descriptor;
    }
    this.tail = descriptor;
    this.tailPointer = pointer;
    this.tailLength = length;
    this.tailAccess = access;
    if (access == Access.DeviceWrites) this.slotAt(this.head).writable += length;
  }

  /** Gives the buffer to the device with the next `publish`. `owner` comes back from `take`. */
  offer(owner: usize): void {
    this.describeTail(0, 0);
    this.enqueue(this.head, this.slotAt(this.head), owner);
    this.head = NONE;
  }

  /** As `append` and `offer` of a buffer that is all in one piece. There must be a free descriptor. */
  offerPiece(pointer: usize, length: u32, access: Access, owner: usize): void {
    assert(
      this.freeCount > 0 && this.head == NONE,
      "virtqueue: a descriptor is free, and no buffer half made",
    );
    const descriptor = this.free;
    const slot = this.slotAt(descriptor);
    this.free = slot.next;
    this.freeCount--;
    slot.next = NONE;
    slot.writable = access == Access.DeviceWrites ? length : 0;
    if (slot.pointer != pointer || slot.length != length || slot.access != <u32>access) {
      slot.pointer = pointer;
      slot.length = length;
      slot.access = access;
      describe(this.handle, descriptor, pointer, length, access, 0);
    }
    this.enqueue(descriptor, slot, owner);
  }

  private enqueue(head: u32, slot: Slot, owner: usize): void {
    const index = this.offeredIndex;
    slot.state = HEAD;
    slot.position = index;
    slot.owner = owner;
    store<u16>(this.available + this.ringOffset(index, 2), <u16>head, RING);
    this.offeredIndex = index + 1;
    this.inFlight++;
  }

  /** Lets the device see all that was offered, and tells it if it wants to know. */
  publish(): void {
    const before = this.publishedIndex;
    const after = this.offeredIndex;
    if (before == after || this.fault != Fault.None) return;
    atomic.store<u16>(this.available, after, INDEX);
    this.publishedIndex = after;
    if (this.wantsNotice(before, after)) notify(this.handle);
  }

  /** Takes back one buffer that the device has used: `owner` and `length` say which. */
  take(): Take {
    if (this.fault != Fault.None) return Take.DeviceFault;
    const taken = this.takenIndex;
    if (this.seenIndex == taken && !this.look()) {
      return this.fault == Fault.None ? Take.Nothing : Take.DeviceFault;
    }
    const element = this.used + this.ringOffset(taken, USED_ELEMENT_SIZE);
    const id = <u32>atomic.load<u32>(element, RING);
    const length = <u32>atomic.load<u32>(element, RING + 4);
    if (id >= this.size) return this.fail(Fault.UsedId);
    const slot = this.slotAt(id);
    if (slot.state != HEAD || this.isUnpublished(slot)) return this.fail(Fault.NotOffered);
    const writable = slot.writable;
    let written: u32 = 0;
    // For a buffer that is only read the length means nothing.
    if (writable != 0) {
      if (length > writable) return this.fail(Fault.UsedLength);
      written = length;
    }
    this.owner = slot.owner;
    this.length = written;
    this.takenIndex = taken + 1;
    this.inFlight--;
    if (slot.next == NONE) {
      slot.state = FREE;
      slot.next = this.free;
      this.free = id;
      this.freeCount++;
    } else {
      this.release(id);
    }
    return Take.Buffer;
  }

  /**
   * As `take`, but looks for about a second: for what cannot go on without its answer. Counted in looks, so that an
   * image without a clock needs none for this.
   */
  takeSoon(): Take {
    let took = this.take();
    for (let looks: u32 = 0; took == Take.Nothing && looks < LOOKS_LIMIT; looks++) took = this.take();
    return took;
  }

  /** Asks for an interrupt when the next buffer is used. True: one is already, so nobody may sleep. */
  arm(): bool {
    if (this.fault != Fault.None) return false;
    if (this.hasEventIndex) atomic.store<u16>(this.available + this.ringEnd(2), this.takenIndex);
    else atomic.store<u16>(this.available, 0, FLAGS);
    return atomic.load<u16>(this.used, INDEX) != this.takenIndex;
  }

  /** No interrupts until `arm`. An event index that has been passed asks for none until it comes round again. */
  disarm(): void {
    if (!this.hasEventIndex) atomic.store<u16>(this.available, NO_INTERRUPT, FLAGS);
  }

  /** As `hasNews`, but looks that often, at leisure. */
  awaitNews(looks: u32): bool {
    return this.seenIndex != this.takenIndex || watch(this.used + INDEX, this.takenIndex, looks);
  }

  /** Whether a buffer may be taken. */
  hasNews(): bool {
    return this.seenIndex != this.takenIndex || atomic.load<u16>(this.used, INDEX) != this.takenIndex;
  }

  /** Reads how far the device is: whether that is further than what was taken. */
  private look(): bool {
    const index = <u16>atomic.load<u16>(this.used, INDEX);
    const news = <u32>(<u16>(index - this.takenIndex));
    if (news == 0) return false;
    if (news > this.inFlight - this.unpublished()) {
      this.fault = Fault.UsedIndex;
      return false;
    }
    this.seenIndex = index;
    return true;
  }

  /** Buffers that were offered since the last `publish`. */
  unpublished(): u32 {
    return <u32>(<u16>(this.offeredIndex - this.publishedIndex));
  }

  /** Taken back and offered again, which the device cannot know yet. */
  private isUnpublished(slot: Slot): bool {
    return <u32>(<u16>(this.offeredIndex - slot.position)) <= this.unpublished();
  }

  /** 2.7.10: by the event index, the notice is due when that buffer was among the new ones. */
  private wantsNotice(before: u16, after: u16): bool {
    if (!this.hasEventIndex) return (atomic.load<u16>(this.used, FLAGS) & NO_NOTIFY) == 0;
    const event = <u16>atomic.load<u16>(this.used + this.ringEnd(USED_ELEMENT_SIZE));
    return <u16>(after - event - 1) < <u16>(after - before);
  }

  private describeTail(flag: u32, next: u32): void {
    this.slotAt(this.tail).length = 0;
    describe(this.handle, this.tail, this.tailPointer, this.tailLength, this.tailAccess | flag, next);
  }

  /** Frees the descriptors of a buffer. Our own links are followed, never the device's. */
  private release(head: u32): void {
    let last = head;
    for (let count: u32 = 1; ; count++) {
      const slot = this.slotAt(last);
      slot.state = FREE;
      if (slot.next == NONE) {
        slot.next = this.free;
        this.free = head;
        this.freeCount += count;
        return;
      }
      last = slot.next;
    }
  }

  private fail(fault: Fault): Take {
    this.fault = fault;
    return Take.DeviceFault;
  }

  private slotAt(descriptor: u32): Slot {
    return changetype<Slot>(this.slots + <usize>descriptor * SLOT_SIZE);
  }

  /** Where the element at this position stands, after the ring's head. */
  private ringOffset(index: u16, elementSize: usize): usize {
    return ((<usize>index) & (<usize>(this.size - 1))) * elementSize;
  }

  /** Where the event index behind the ring stands. */
  private ringEnd(elementSize: usize): usize {
    return RING + <usize>this.size * elementSize;
  }
}

/** Opens the device's queue `index` with up to `size` descriptors, a power of two; null: it has none, or no memory. */
export function openVirtqueue(device: i32, index: u32, size: u32, hasEventIndex: bool): Virtqueue | null {
  const available = takePinned(RING + 2 + <usize>size * 2, LINE);
  const used = takePinned(RING + 2 + <usize>size * USED_ELEMENT_SIZE, LINE);
  if (available == 0 || used == 0) return null;
  let handle = openQueue(device, index, size, available, used);
  while (handle < 0 && size > 1) {
    size >>= 1;
    handle = openQueue(device, index, size, available, used);
  }
  if (handle < 0) return null;
  const queue = changetype<Virtqueue>(reserve(offsetof<Virtqueue>()));
  memory.fill(changetype<usize>(queue), 0, offsetof<Virtqueue>());
  queue.handle = handle;
  queue.size = size;
  queue.available = available;
  queue.used = used;
  queue.hasEventIndex = hasEventIndex;
  queue.slots = reserve(<usize>size * SLOT_SIZE);
  memory.fill(queue.slots, 0, <usize>size * SLOT_SIZE);
  for (let descriptor: u32 = 0; descriptor < size; descriptor++) {
    store<u32>(queue.slots + <usize>descriptor * SLOT_SIZE, descriptor + 1 < size ? descriptor + 1 : NONE);
  }
  queue.freeCount = size;
  queue.head = NONE;
  // The event farthest away: no interrupt before `arm` asks for one.
  if (hasEventIndex) store<u16>(available + RING + <usize>size * 2, 0xffff);
  else store<u16>(available, NO_INTERRUPT, FLAGS);
  return queue;
}
