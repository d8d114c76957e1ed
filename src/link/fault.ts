/**
 * A bad cable: what is sent through this wrapper may be lost, sent twice, held back so that others overtake it, or
 * changed. Frames that come the other way are left alone: wrap both ends for a cable that is bad both ways.
 *
 * Only what checksums above protect is changed, and by a single bit, which they always find: a real cable's own
 * check sequence would have caught the rest.
 *
 * Tests: fault.test.ts
 */
import type { Device } from "./device.ts";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

/** Probabilities from 0 to 1, for each frame by itself. */
export interface Faults {
  readonly loss?: number;
  readonly duplication?: number;
  readonly corruption?: number;
  readonly reordering?: number;
  /** How long a reordered frame is held back at most. */
  readonly holdNs?: bigint;
}

const ETHERNET_HEADER_SIZE = 14;
const ETHER_TYPE_IPV4 = 0x0800;
const DEFAULT_HOLD_NS = 5_000_000n;

export function fault(device: Device, faults: Faults, random: Random, schedule: Schedule): Device {
  const hit = (probability: number | undefined) => probability !== undefined && random() < probability;
  const holdNs = Number(faults.holdNs ?? DEFAULT_HOLD_NS);

  function pass(frame: Uint8Array): boolean {
    if (!hit(faults.reordering)) return device.send(frame);
    const held = new Uint8Array(frame);
    schedule.after(BigInt(Math.ceil(random() * holdNs)), () => void device.send(held));
    return true;
  }

  return {
    send(frame) {
      if (hit(faults.loss)) return true;
      const sent = hit(faults.corruption) ? corrupted(frame, random) : frame;
      if (hit(faults.duplication)) pass(sent);
      return pass(sent);
    },
    receive: () => device.receive(),
    onArrival: (listener) => device.onArrival(listener),
  };
}

/** A copy of an IPv4 frame with one bit turned over behind the Ethernet header; other frames as they are. */
function corrupted(frame: Uint8Array, random: Random): Uint8Array {
  const type = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  if (type !== ETHER_TYPE_IPV4 || frame.length <= ETHERNET_HEADER_SIZE) return frame;
  const copy = new Uint8Array(frame);
  const at = ETHERNET_HEADER_SIZE + Math.floor(random() * protectedSize(frame));
  copy[at]! ^= 1 << Math.floor(random() * 8);
  return copy;
}

/** Bytes of the datagram: padding behind it is under no checksum. */
function protectedSize(frame: Uint8Array): number {
  const total = ((frame[16] ?? 0) << 8) | (frame[17] ?? 0);
  return Math.max(1, Math.min(total, frame.length - ETHERNET_HEADER_SIZE));
}
