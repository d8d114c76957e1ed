/**
 * The bare platform's own read-write data: offsets in `Place.State`, after what all platforms have there.
 *
 * The descriptor tables lie here and not in any linear memory: what a driver can write is never read by a device as an
 * address.
 */
import { DEVICES_LIMIT, QUEUES_LIMIT, QUEUE_SIZE_LIMIT } from "../../abi/platform.ts";
import { UpcallFrame } from "../../abi/boot.ts";

export const DESCRIPTOR_BYTES = 16;
const UPCALL_STACK_BYTES = 16 * 1024;

export const enum DeviceKind {
  /** Registers as virtio over MMIO has them. */
  Mmio = 0,
  /** As virtio over PCI has them: structures in the device's memory. */
  Pci = 1,
}

/** A device that was found; u64 each. */
export const enum Device {
  Kind = 0,
  /** Address of the registers; over PCI of the common configuration. */
  Registers = 8,
  /** Address of the device's own configuration. */
  Configuration = 16,
  /** Over PCI: address of the notification structure, bytes between queues' places in it. */
  Notify = 24,
  NotifyMultiplier = 32,
  /** The virtio device ID (virtio 1.2, 5). */
  Id = 40,
  /** 1: the driver's next features are the lowest 32. */
  HasLowFeatures = 48,
  /** Over PCI: where the device is told of the queue that was selected. */
  NextNotify = 56,
  /** Over PCI: address of the entry of its table of messages; 0: it sends none. */
  Messages = 64,
  Bytes = 72,
}

/** A queue that was opened. */
export const enum Queue {
  /** u64: where the device is told of it; its descriptor table. */
  Notify = 0,
  Descriptors = 8,
  /** u32: number at its device, count of descriptors; `DeviceKind` of its device. */
  Index = 16,
  Size = 20,
  Kind = 24,
  Bytes = 32,
}

export interface BareState {
  /** u64: address of the boot information. */
  readonly information: number;
  /** Nanoseconds since 1970 at boot. */
  readonly realtimeStart: number;
  readonly upcallFrame: number;
  readonly upcallStackEnd: number;
  /** u64 each: count of devices, of queues, of pages; pinned bytes' first address, their count, physical address. */
  readonly deviceCount: number;
  readonly queueCount: number;
  /** Pages of the device window in use. */
  readonly devicePages: number;
  readonly pinnedStart: number;
  readonly pinnedBytes: number;
  readonly pinnedFrame: number;
  readonly devices: number;
  readonly queues: number;
  readonly descriptors: number;
  /** Of many compartments of one kind (`renewal.ts`): address of what their memories begin with. */
  readonly initialView: number;
  /** u64: how often one was renewed. */
  readonly renewals: number;
  /** A byte for each page of one; a list of pages for each. */
  readonly entries: number;
  readonly lists: number;
  readonly end: number;
}

/** `start`: the first free offset, a multiple of 16. `renewed`: what to keep for the renewal of many compartments. */
export function layOutState(start: number, renewed: { pages: number; listBytes: number }): BareState {
  let next = start;
  const take = (sizeBytes: number): number => {
    const offset = next;
    next += (sizeBytes + 15) & ~15;
    return offset;
  };
  const information = take(8);
  const realtimeStart = take(8);
  const upcallFrame = take(UpcallFrame.Size);
  const upcallStackEnd = take(UPCALL_STACK_BYTES) + UPCALL_STACK_BYTES;
  return {
    information,
    realtimeStart,
    upcallFrame,
    upcallStackEnd,
    deviceCount: take(8),
    queueCount: take(8),
    devicePages: take(8),
    pinnedStart: take(8),
    pinnedBytes: take(8),
    pinnedFrame: take(8),
    devices: take(DEVICES_LIMIT * Device.Bytes),
    queues: take(QUEUES_LIMIT * Queue.Bytes),
    descriptors: take(QUEUES_LIMIT * QUEUE_SIZE_LIMIT * DESCRIPTOR_BYTES),
    initialView: take(8),
    renewals: take(8),
    entries: take(renewed.pages),
    lists: take(renewed.listBytes),
    end: next,
  };
}
