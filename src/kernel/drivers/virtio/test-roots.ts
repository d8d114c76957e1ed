/** AssemblyScript roots that tests and fuzz targets of drivers share. */
import type { AssemblyOptions } from "../../../image/assembly.ts";

export const THREADS: AssemblyOptions = { extraArguments: ["--enable", "threads"] };

/** One queue of device 0, as `src/kernel/drivers/virtio/queue.harness.ts`. */
export const VIRTQUEUE_ROOT = `
import { startPinned, takePinned } from "../../memory/pinned";
import { Access, openVirtqueue, Take, Virtqueue } from "./virtqueue";
let queue: Virtqueue = changetype<Virtqueue>(0);
let bytes: usize = 0;
export function start(size: u32, hasEventIndex: bool): bool {
  startPinned(0);
  bytes = takePinned(1024, 16);
  const opened = openVirtqueue(0, 0, size, hasEventIndex);
  if (opened == null) return false;
  queue = opened;
  return true;
}
export function offer(length: u32, isWritable: bool, owner: usize): void {
  queue.append(bytes, length, isWritable ? Access.DeviceWrites : Access.DeviceReads);
  queue.offer(owner);
}
export function offerChain(parts: u32, owner: usize): void {
  for (let part: u32 = 0; part < parts; part++) {
    queue.append(bytes + part * 64, 16 * (part + 1), part == 0 ? Access.DeviceReads : Access.DeviceWrites);
  }
  queue.offer(owner);
}
export function publish(): void { queue.publish(); }
export function take(): i32 { return queue.take(); }
export function owner(): usize { return queue.owner; }
export function length(): u32 { return queue.length; }
export function free(): u32 { return queue.freeCount; }
export function inFlight(): u32 { return queue.inFlight; }
export function fault(): i32 { return queue.fault; }
export function arm(): bool { return queue.arm(); }
export function disarm(): void { queue.disarm(); }
`;

/** The network's driver under a link, as `src/kernel/drivers/virtio/net/net.harness.ts`. */
export const NET_ROOT = `
import { CHUNK_SIZE, chunksInUse, giveChunk, takeChunk } from "../../../memory/chunk";
import { Pieces, PIECES_SIZE } from "../../../memory/pieces";
import { startPinnedChunks } from "../../../memory/pinned";
import {
  frameSegmentSize, hardwareAddress, isFrameChecked, lendLongFrame, linkMtu, makesSegments, receivedFrame, receiveFrame, releaseFrame,
  startLink, transmitFrame, transmitLongFrame,
} from "../../../net/ip/link";
import * as driver from "./driver";
const out = memory.data(2048, 8);
const texts = memory.data(65536, 8);
const list = memory.data(PIECES_SIZE, 8);
export function start(chunks: u32): bool {
  startPinnedChunks(chunks);
  driver.start();
  return startLink();
}
export function frameToSend(): usize { return out; }
export function send(length: u32): void { transmitFrame(out, length); }
export function sendLong(place: usize, headers: u32, text: u32, sumFrom: u32, sumAt: u32, size: u32): void {
  const pieces = changetype<Pieces>(list);
  pieces.clear();
  for (let at: u32 = 0; at < text; at += CHUNK_SIZE) pieces.add(texts + at, min(CHUNK_SIZE, text - at));
  transmitLongFrame(place, headers, pieces, sumFrom, sumAt, size);
}
export function textToSend(): usize { return texts; }
export function flush(): void { driver.flush(); }
export function expect(): bool { return driver.expect(); }
export function arm(): bool { return driver.arm(); }
export function disarm(): void { driver.disarm(); }
export function useUpChunks(): void { while (takeChunk() != 0) {} }
export {
  chunksInUse, frameSegmentSize, giveChunk, hardwareAddress, isFrameChecked, lendLongFrame, linkMtu, makesSegments, receivedFrame,
  receiveFrame, releaseFrame,
};
`;
