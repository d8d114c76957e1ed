/**
 * The machine's one cable: a device, and the frames that found it full.
 *
 * A full device is no loss: up to `BACKLOG_LIMIT` frames wait in order and leave first. A timer makes sure that
 * a turn comes to send them, since no frame need ever arrive to wake the machine.
 */
import { arm, Timer, TimerOwner } from "../../time/wheel";
import { MILLISECOND, now } from "../../time/clock";
import { store16be } from "../../memory/bytes";
import { Pieces } from "../../memory/pieces";
import { Device } from "../device";
import { checksum, finishChecksum, fold } from "../wire/checksum";
import { ETHERNET_HEADER_SIZE } from "../wire/ethernet";
import { count, Counter } from "./counters";
import { FrameQueue, LONGEST_QUEUED_FRAME } from "./frame-queue";

const BACKLOG_LIMIT: u32 = 256;
const RETRY_NS: i64 = 2 * MILLISECOND;

/** Null where nobody put one here: a machine without a network. */
let device: Device = changetype<Device>(0);
let stationAddress: u64 = 0;
let mtu: u32 = 0;

const backlog = changetype<FrameQueue>(memory.data(16, 8));
const retryTimer = changetype<Timer>(memory.data(64, 8));

class Retry extends TimerOwner {
  expired(_timer: Timer): void {
    flushBacklog();
  }
}

/** Takes the device into use: false when the machine has none. */
export function startLink(): bool {
  retryTimer.owner = new Retry();
  if (changetype<usize>(device) == 0) return false;
  stationAddress = device.hardwareAddress();
  mtu = min(device.maximumTransmissionUnit(), LONGEST_QUEUED_FRAME - ETHERNET_HEADER_SIZE);
  return stationAddress != 0;
}

/** Says which device it is; before `startLink`. */
export function useDevice(other: Device): void {
  device = other;
}

/** This station's address; 0 without a device. */
export function hardwareAddress(): u64 {
  return stationAddress;
}

/** The longest IP datagram that one frame carries. */
export function linkMtu(): u32 {
  return mtu;
}

/** Takes one received frame: its length, 0 when there is none. It is at `receivedFrame` until `releaseFrame`. */
export function receiveFrame(): u32 {
  return device.receive();
}

export function receivedFrame(): usize {
  return device.frame();
}

/** Whether the received frame's transport checksum need not be looked at. */
export function isFrameChecked(): bool {
  return device.isChecked();
}

/** Where the device joined the received frame from segments of TCP, their size; else 0. */
export function frameSegmentSize(): u32 {
  return device.segmentSize();
}

export function releaseFrame(): void {
  device.release();
}

/**
 * Stores the checksum of a payload, over `sum` and all of it, `at` bytes in. Where the device makes the rest of it, `at`,
 * for `transmitFrame`; else 0.
 */
export function storeChecksum(payload: usize, length: u32, sum: u64, at: u32): u32 {
  const isLeft = device.makesChecksums();
  store16be(payload, isLeft ? fold(sum) : checksum(sum, payload, length), at);
  return isLeft ? at : 0;
}

/** Where the next frame may be made; 0: nowhere of the device's. */
export function lendFrame(): usize {
  return backlog.head == 0 ? device.lend() : 0;
}

/** Whether long frames may leave for the device to cut. */
export function makesSegments(isSix: bool): bool {
  return device.makesSegments(isSix);
}

/** Where the next long frame may be made; 0: nowhere now. */
export function lendLongFrame(): usize {
  return backlog.head == 0 ? device.lendLong() : 0;
}

/** Sends a frame, its headers where `lendLongFrame` said. One that finds no room is lost, as on any cable. */
export function transmitLongFrame(
  pointer: usize,
  headers: u32,
  text: Pieces,
  sumFrom: u32,
  sumAt: u32,
  segmentSize: u32,
): void {
  const isSent = device.transmitLong(pointer, headers, text, sumFrom, sumAt, segmentSize);
  count(isSent ? Counter.FramesSent : Counter.Overflow);
}

/** Sends a frame, or keeps a copy until the device takes it. `sumFrom` and `sumAt` are as for `Device.transmit`. */
export function transmitFrame(pointer: usize, length: u32, sumFrom: u32 = 0, sumAt: u32 = 0): void {
  if (backlog.head == 0 && device.transmit(pointer, length, sumFrom, sumAt)) {
    count(Counter.FramesSent);
    return;
  }
  if (sumFrom != 0) finishChecksum(pointer + sumFrom, length - sumFrom, sumAt);
  if (backlog.count >= BACKLOG_LIMIT || !backlog.append(pointer, length)) {
    count(Counter.Overflow);
    return;
  }
  arm(retryTimer, now() + RETRY_NS);
}

/** Sends what waits, as far as the device takes it: whether any frame left. */
export function flushBacklog(): bool {
  if (backlog.head == 0) return false;
  const before = backlog.count;
  while (backlog.head != 0 && device.transmit(backlog.front(), backlog.frontLength(), 0, 0)) {
    count(Counter.FramesSent);
    backlog.drop();
  }
  if (backlog.head != 0) arm(retryTimer, now() + RETRY_NS);
  return backlog.count != before;
}
