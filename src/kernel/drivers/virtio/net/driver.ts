/**
 * The network's driver: finds the device, agrees with it on what it does for us, and lets it work (`device.ts`).
 *
 * Owns:   the choice of features and of the queues' sizes.
 * Tests:  driver.test.ts
 */
import { report } from "../../../cpu/report";
import { chunkLimit } from "../../../memory/chunk";
import { useDevice } from "../../../net/ip/link";
import { isStation, loadHardwareAddress } from "../../../net/wire/ethernet";
import { Fault, stopDevice } from "../fault";
import { DeviceId, EVENT_INDEX } from "../registers";
import { accept, ask, features, findDevice, member, offered, readMember, run } from "../transport";
import { openVirtqueue } from "../virtqueue";
import { NAME, VirtioNet } from "./device";
import {
  CHECKSUM,
  CUTTING,
  GUEST_CHECKSUM,
  HAS_HARDWARE_ADDRESS,
  HAS_MTU,
  JOINING,
  MERGE_BUFFERS,
  NetConfiguration,
  NetQueue,
} from "./layout";

const WANTED: u64 = EVENT_INDEX | CHECKSUM | GUEST_CHECKSUM | HAS_MTU | HAS_HARDWARE_ADDRESS | MERGE_BUFFERS;
const JOINING_NEEDS: u64 = GUEST_CHECKSUM | MERGE_BUFFERS;

const QUEUE_SIZE: u32 = 256;
const SMALLEST_QUEUE: u32 = 16;
/** Either queue holds at most this part of all chunks. */
const QUEUE_SHARE: u32 = 8;
/** Of the receive queue, where frames may be joined: the longest must fit. */
const FEWEST_BUFFERS: u32 = 64;

const ETHERNET_MTU: u32 = 1500;
/** RFC 791 3.2: what every network carries. */
const SMALLEST_MTU: u32 = 68;

/** The one in use; null: the machine has none. */
let net: VirtioNet = changetype<VirtioNet>(0);

/** Puts the network's device in place, or says that there is none. After the chunks, before `startLink`. */
export function start(): void {
  const device = findDevice(DeviceId.Net);
  if (device < 0) {
    report("there is no network device to use: virtio over MMIO, or over PCI with MSI-X\n");
    return;
  }
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

/** Before `arm`: true when a frame comes within a moment. */
export function expect(): bool {
  return changetype<usize>(net) != 0 && net.expect();
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
  let fault = ask(device);
  if (fault == Fault.None) fault = accept(device, wanted());
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
  if ((features & JOINING) != 0 && receiveQueue.size < FEWEST_BUFFERS) return Fault.Queue;
  net = new VirtioNet(device, address, mtu, receiveQueue, transmitQueue);
  useDevice(net);
  run(device);
  net.flush();
  return Fault.None;
}

/** Of what the device offers: cutting and joining only with what they need (5.1.3.1), joining only with room for it. */
function wanted(): u64 {
  let wanted = WANTED;
  if ((offered & CHECKSUM) != 0) wanted |= CUTTING;
  if ((offered & JOINING_NEEDS) == JOINING_NEEDS && queueSize() >= FEWEST_BUFFERS) wanted |= JOINING;
  return wanted;
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
