/**
 * The entropy device (virtio 1.2, 5.4): seeds for `entropy/random`, while the kernel starts.
 *
 * The device is asked and awaited: nothing that needs random numbers could go on without them. It is given a limited
 * time, so that a silent one costs only a moment.
 *
 * Tests: driver.test.ts
 */
import { SeedSource, useSeedSource } from "../../../entropy/random";
import { takePinned } from "../../../memory/pinned";
import { Fault, stopDevice } from "../fault";
import { DeviceId, EVENT_INDEX } from "../registers";
import { features, findDevice, negotiate, run } from "../transport";
import { Access, openVirtqueue, Take, Virtqueue } from "../virtqueue";
import { BUFFER_SIZE, EntropyQueue } from "./layout";

const NAME = "entropy";
const QUEUE_SIZE: u32 = 2;

class VirtioEntropy extends SeedSource {
  device: i32;
  queue: Virtqueue;
  buffer: usize;
  isStopped: bool = false;

  constructor(device: i32, queue: Virtqueue, buffer: usize) {
    super();
    this.device = device;
    this.queue = queue;
    this.buffer = buffer;
  }

  fill(pointer: usize, length: u32): bool {
    while (length > 0) {
      const got = this.request(min(length, BUFFER_SIZE));
      if (got == 0) return false;
      memory.copy(pointer, this.buffer, got);
      memory.fill(this.buffer, 0, got);
      pointer += got;
      length -= got;
    }
    return true;
  }

  /** Bytes at `buffer`: at least one, or 0 from a device that is stopped. */
  private request(length: u32): u32 {
    if (this.isStopped) return 0;
    const queue = this.queue;
    queue.append(this.buffer, length, Access.DeviceWrites);
    queue.offer(0);
    queue.publish();
    const took = queue.takeSoon();
    // Every request is for a byte at least (5.4.6.1).
    if (took == Take.Buffer && queue.length > 0) return queue.length;
    this.isStopped = true;
    stopDevice(this.device, NAME, took == Take.DeviceFault ? queue.fault : Fault.NoAnswer);
    return 0;
  }
}

/** Adds the device's bytes to what the platform gives, if there is one. Before the first random number. */
export function start(): void {
  const device = findDevice(DeviceId.Entropy);
  if (device < 0) return;
  const fault = startDevice(device);
  if (fault != Fault.None) stopDevice(device, NAME, fault);
}

function startDevice(device: i32): Fault {
  const fault = negotiate(device, EVENT_INDEX);
  if (fault != Fault.None) return fault;
  const hasEventIndex = (features & EVENT_INDEX) != 0;
  const queue = openVirtqueue(device, EntropyQueue.Request, QUEUE_SIZE, hasEventIndex);
  const buffer = takePinned(BUFFER_SIZE, 8);
  if (queue == null || buffer == 0) return Fault.Queue;
  run(device);
  useSeedSource(new VirtioEntropy(device, queue, buffer));
  return Fault.None;
}
