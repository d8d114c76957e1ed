/**
 * The console device (virtio 1.2, 5.3), transmit only: the machine's output stream, where there is one.
 *
 * Lines are copied into a few pinned buffers. When all are out the writer waits, for a limited time: a console loses
 * nothing as long as it moves. Errors stay with the platform, which can always write them.
 *
 * Tests: driver.test.ts
 */
import { useConsoleDevice, ConsoleDevice } from "../../../console/output";
import { consoleWrite } from "../../../cpu/platform";
import { takePinned } from "../../../memory/pinned";
import { Fault, stopDevice } from "../fault";
import { DeviceId, EVENT_INDEX } from "../registers";
import { features, findDevice, negotiate, run } from "../transport";
import { Access, openVirtqueue, Take, Virtqueue } from "../virtqueue";
import { ConsoleQueue } from "./layout";

const NAME = "console";
const OUTPUT: i32 = 1;
const QUEUE_SIZE: u32 = 8;
const BUFFER_SIZE: u32 = 512;

class VirtioConsole extends ConsoleDevice {
  device: i32;
  queue: Virtqueue;
  /** One buffer a descriptor: those the device does not have, as a list through their first words. */
  free: usize = 0;
  isStopped: bool = false;

  constructor(device: i32, queue: Virtqueue, buffers: usize) {
    super();
    this.device = device;
    this.queue = queue;
    for (let index: u32 = 0; index < queue.size; index++) this.give(buffers + index * BUFFER_SIZE);
  }

  write(stream: i32, pointer: usize, length: u32): bool {
    if (stream != OUTPUT || this.isStopped) return false;
    while (length > 0) {
      const buffer = this.takeFree();
      if (buffer == 0) {
        // Part is out already: only the rest goes to the platform's console.
        consoleWrite(stream, pointer, length);
        return true;
      }
      const part = min(length, BUFFER_SIZE);
      memory.copy(buffer, pointer, part);
      this.queue.append(buffer, part, Access.DeviceReads);
      this.queue.offer(buffer);
      this.queue.publish();
      pointer += part;
      length -= part;
    }
    return true;
  }

  drain(): void {
    if (this.isStopped) return;
    while (this.queue.inFlight > 0 && this.takeBack() == Take.Buffer) {}
  }

  /** Waits for one buffer. */
  private takeBack(): Take {
    const took = this.queue.takeSoon();
    if (took == Take.Buffer) this.give(this.queue.owner);
    return took;
  }

  private give(buffer: usize): void {
    store<usize>(buffer, this.free);
    this.free = buffer;
  }

  /** A buffer to write into; 0: the device has stopped. */
  private takeFree(): usize {
    const queue = this.queue;
    let took = queue.take();
    for (; took == Take.Buffer; took = queue.take()) this.give(queue.owner);
    if (took == Take.Nothing && this.free == 0) took = this.takeBack();
    if (took == Take.DeviceFault) return this.stop(queue.fault);
    if (this.free == 0) return this.stop(Fault.NoAnswer);
    const buffer = this.free;
    this.free = load<usize>(buffer);
    return buffer;
  }

  private stop(fault: Fault): usize {
    this.isStopped = true;
    stopDevice(this.device, NAME, fault);
    return 0;
  }
}

/** The one in use; null: the machine has none. */
let port: VirtioConsole = changetype<VirtioConsole>(0);

/** Waits until what was written is out: before the machine ends. */
export function drain(): void {
  if (changetype<usize>(port) != 0) port.drain();
}

/** Has the app's output go to the device, if there is one. */
export function start(): void {
  const device = findDevice(DeviceId.Console);
  if (device < 0) return;
  const fault = startDevice(device);
  if (fault != Fault.None) stopDevice(device, NAME, fault);
}

function startDevice(device: i32): Fault {
  const fault = negotiate(device, EVENT_INDEX);
  if (fault != Fault.None) return fault;
  const hasEventIndex = (features & EVENT_INDEX) != 0;
  const queue = openVirtqueue(device, ConsoleQueue.Transmit, QUEUE_SIZE, hasEventIndex);
  const buffers = takePinned(QUEUE_SIZE * BUFFER_SIZE, 8);
  if (queue == null || buffers == 0) return Fault.Queue;
  run(device);
  port = new VirtioConsole(device, queue, buffers);
  useConsoleDevice(port);
  return Fault.None;
}
