/**
 * The block device (virtio 1.2, 5.2): one request at a time, begun and then asked for.
 *
 *   begin ─► Pending ─► Done, IoError, Unsupported
 *                   └─► Stopped: by a device that lies or is silent
 *
 * `finish` waits for it. For programs that test devices; a service would keep several requests in flight.
 *
 * Tests: driver.test.ts
 */
import { clockMonotonic } from "../../../cpu/platform";
import { takePinned } from "../../../memory/pinned";
import { Fault, stopDevice } from "../fault";
import { DeviceId, EVENT_INDEX } from "../registers";
import { features, findDevice, member, negotiate, readMember, run } from "../transport";
import { Access, openVirtqueue, Take, Virtqueue } from "../virtqueue";
import {
  BlockConfiguration,
  BlockQueue,
  BlockRequest,
  BlockStatus,
  HAS_FLUSH,
  HEADER_SIZE,
  READ_ONLY,
  SECTOR_AT,
  SECTOR_SIZE,
} from "./layout";

export const enum BlockResult {
  Done = 0,
  Pending = 1,
  IoError = 2,
  Unsupported = 3,
  Stopped = 4,
  /** Beyond the end of the device, or to be written where nothing can be. */
  Refused = 5,
}

const NAME = "block";
/** A request has three descriptors. */
const QUEUE_SIZE: u32 = 4;
const ANSWER_NS: i64 = 30_000_000_000;
const WANTED: u64 = EVENT_INDEX | READ_ONLY | HAS_FLUSH;

let queue: Virtqueue = changetype<Virtqueue>(0);
let device: i32 = -1;
/** Pinned: the request's header, and the byte that the device answers in. */
let header: usize = 0;
let status: usize = 0;
let sectors: u64 = 0;
let accepted: u64 = 0;
let result: BlockResult = BlockResult.Stopped;

/** Takes the first block device into use: false when there is none that keeps the rules. */
export function start(): bool {
  device = findDevice(DeviceId.Block);
  if (device < 0) return false;
  const fault = startDevice();
  if (fault != Fault.None) stop(fault);
  return fault == Fault.None;
}

/** In sectors of `SECTOR_SIZE` bytes. */
export function capacity(): u64 {
  return sectors;
}

/** Reads sectors into pinned bytes, or writes them. */
export function begin(kind: BlockRequest, sector: u64, pointer: usize, count: u32): BlockResult {
  if (result == BlockResult.Stopped || result == BlockResult.Pending) return result;
  if (!isAllowed(kind, sector, count)) return BlockResult.Refused;
  store<u32>(header, <u32>kind);
  store<u32>(header, 0, 4);
  store<u64>(header, sector, SECTOR_AT);
  store<u8>(status, 0xff);
  queue.append(header, HEADER_SIZE, Access.DeviceReads);
  if (count > 0) {
    const access = kind == BlockRequest.Read ? Access.DeviceWrites : Access.DeviceReads;
    queue.append(pointer, count * SECTOR_SIZE, access);
  }
  queue.append(status, 1, Access.DeviceWrites);
  queue.offer(0);
  queue.publish();
  result = BlockResult.Pending;
  return result;
}

/** What became of the request. */
export function poll(): BlockResult {
  if (result != BlockResult.Pending) return result;
  const took = queue.take();
  if (took == Take.DeviceFault) stop(queue.fault);
  else if (took == Take.Buffer) result = resultOf(<u8>atomic.load<u8>(status));
  return result;
}

/** Waits for the request, as long as a slow disk may take. */
export function finish(): BlockResult {
  const end = clockMonotonic() + ANSWER_NS;
  while (poll() == BlockResult.Pending) {
    if (clockMonotonic() >= end) stop(Fault.NoAnswer);
  }
  return result;
}

function isAllowed(kind: BlockRequest, sector: u64, count: u32): bool {
  if (kind == BlockRequest.Flush) return count == 0 && (accepted & HAS_FLUSH) != 0;
  if (kind == BlockRequest.Write && (accepted & READ_ONLY) != 0) return false;
  return count > 0 && sector <= sectors && <u64>count <= sectors - sector;
}

function resultOf(answer: u8): BlockResult {
  if (answer == BlockStatus.Ok) return BlockResult.Done;
  return answer == BlockStatus.Unsupported ? BlockResult.Unsupported : BlockResult.IoError;
}

function startDevice(): Fault {
  const fault = negotiate(device, WANTED);
  if (fault != Fault.None) return fault;
  accepted = features;
  if (!readMember(device, BlockConfiguration.Capacity, 8)) return Fault.Configuration;
  sectors = member;
  const opened = openVirtqueue(device, BlockQueue.Request, QUEUE_SIZE, (accepted & EVENT_INDEX) != 0);
  header = takePinned(HEADER_SIZE, 16);
  status = takePinned(1, 1);
  // A smaller queue than a request needs is none.
  if (opened == null || opened.size < QUEUE_SIZE || header == 0 || status == 0) return Fault.Queue;
  queue = opened;
  run(device);
  result = BlockResult.Done;
  return Fault.None;
}

function stop(fault: Fault): void {
  result = BlockResult.Stopped;
  stopDevice(device, NAME, fault);
}
