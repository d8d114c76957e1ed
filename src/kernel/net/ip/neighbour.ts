/**
 * The neighbour cache: which hardware address an on-link address has.
 *
 * A set-associative table: an address belongs to one of `SETS` sets and stands in any of its `WAYS` places, so a
 * look-up costs a few loads and the table never grows. When a set is full, the entry unused for longest goes,
 * but never the router's or the name server's: whoever could drive them out could then answer in their place.
 * Questions leave once a second at most for an address (RFC 1122 2.3.2.1); while an answer is awaited a few frames
 * wait with the entry (RFC 1122 2.3.2.2).
 *
 * Owns:   the entries and the frames that wait in them.
 * Tests:  neighbour.test.ts, neighbour6.test.ts; the beliefs are in neighbour-state.ts
 */
import { reserve } from "../../memory/arena";
import { now, SECOND } from "../../time/clock";
import { arm, disarm, Timer, TimerOwner } from "../../time/wheel";
import { isIpv4, mapIpv4 } from "../layer";
import { BROADCAST_HARDWARE, storeHardwareAddress } from "../wire/ethernet";
import { dnsServer, gatewayAddress, localAddress } from "./address";
import { noteChange } from "./changes";
import { sendArpRequest } from "./arp-output";
import { count, Counter } from "./counters";
import { FrameQueue } from "./frame-queue";
import { transmitFrame } from "./link";
import * as state from "./neighbour-state";
import { NeighbourEvent, NeighbourState } from "./neighbour-state";
import { version6 } from "./version6";

const SETS: usize = 64;
const WAYS: usize = 4;
const REACHABLE_NS: i64 = 60 * SECOND;
const ANSWER_NS: i64 = SECOND;
const QUESTIONS: u32 = 3;
const WAITING_FRAMES_PER_NEIGHBOUR: u32 = 4;
const WAITING_FRAMES: u32 = 64;

@final
@unmanaged
class Neighbour {
  /** As in a `Flow`: IPv4 stands in it mapped. Zero: the entry is free. */
  high: u64;
  low: u64;
  state: NeighbourState;
  hardware: u64;
  /** When it was last heard, and last wanted. */
  heardAt: i64;
  wantedAt: i64;
  questions: u32;
  waitingHead: usize;
  waitingTail: usize;
  waitingCount: u32;
  timerNext: usize;
  timerPrevious: usize;
  timerOwner: usize;
  timerUser: usize;
  timerTick: u64;
  timerPlace: u32;
  timerKind: u32;

  get waiting(): FrameQueue {
    return changetype<FrameQueue>(changetype<usize>(this) + offsetof<Neighbour>("waitingHead"));
  }

  get timer(): Timer {
    return changetype<Timer>(changetype<usize>(this) + offsetof<Neighbour>("timerNext"));
  }
}

const NEIGHBOUR_SIZE: usize = (offsetof<Neighbour>() + 7) & ~7;

let table: usize = 0;
let waitingFrames: u32 = 0;

class AnswerTimeout extends TimerOwner {
  expired(timer: Timer): void {
    const neighbour = changetype<Neighbour>(timer.user);
    const event = neighbour.questions < QUESTIONS ? NeighbourEvent.TimedOut : NeighbourEvent.GaveUp;
    happen(neighbour, event, 0);
  }
}

export function startNeighbours(): void {
  table = reserve(SETS * WAYS * NEIGHBOUR_SIZE);
  const owner = new AnswerTimeout();
  for (let index: usize = 0; index < SETS * WAYS; index++) {
    const neighbour = changetype<Neighbour>(table + index * NEIGHBOUR_SIZE);
    const timer = neighbour.timer;
    timer.owner = owner;
    timer.user = changetype<usize>(neighbour);
  }
}

/**
 * The hardware address of an on-link address, or 0 while it is being asked for; `holdFrame` then keeps the frame.
 */
export function hardwareOf(address: u32): u64 {
  return stationOf(0, mapIpv4(address));
}

/** As `hardwareOf`, of an address of either version. */
export function stationOf(high: u64, low: u64): u64 {
  let neighbour = lookUp(high, low);
  if (neighbour == null) neighbour = claim(high, low);
  const time = now();
  neighbour.wantedAt = time;
  if (neighbour.state == NeighbourState.Reachable) {
    if (time - neighbour.heardAt < REACHABLE_NS) return neighbour.hardware;
    neighbour.state = NeighbourState.Aged;
  }
  happen(neighbour, NeighbourEvent.Wanted, 0);
  return neighbour.state == NeighbourState.Incomplete ? 0 : neighbour.hardware;
}

/** Keeps a copy of a frame until `address` answers. The oldest gives way when too many wait. */
export function holdFrame(address: u32, frame: usize, length: u32): void {
  holdFor(0, mapIpv4(address), frame, length);
}

/** As `holdFrame`, for an address of either version. */
export function holdFor(high: u64, low: u64, frame: usize, length: u32): void {
  const neighbour = lookUp(high, low);
  if (neighbour == null) return;
  const waiting = neighbour.waiting;
  if (
    waiting.count == WAITING_FRAMES_PER_NEIGHBOUR ||
    (waitingFrames == WAITING_FRAMES && waiting.count > 0)
  ) {
    waiting.drop();
    waitingFrames--;
    count(Counter.Overflow);
  }
  if (waitingFrames < WAITING_FRAMES && waiting.append(frame, length)) waitingFrames++;
  else count(Counter.Overflow);
}

/** An ARP packet came from `address`. `ask`: it asked for us, so that it will soon be wanted (RFC 826). */
export function hearNeighbour(address: u32, hardware: u64, ask: bool): void {
  hearStation(0, mapIpv4(address), hardware, ask);
}

/** As `hearNeighbour`, of an address of either version. */
export function hearStation(high: u64, low: u64, hardware: u64, ask: bool): void {
  let neighbour = lookUp(high, low);
  if (neighbour == null) {
    if (!ask) return;
    neighbour = claim(high, low);
    neighbour.wantedAt = now();
    neighbour.state = NeighbourState.Incomplete;
  }
  const known = neighbour.hardware == hardware;
  happen(neighbour, known ? NeighbourEvent.Heard : NeighbourEvent.HeardOther, hardware);
}

/** The neighbour says that its hardware address is the one that is known, if any is. */
export function confirmStation(high: u64, low: u64): void {
  const neighbour = lookUp(high, low);
  if (neighbour == null || neighbour.state == NeighbourState.Incomplete) return;
  happen(neighbour, NeighbourEvent.Heard, neighbour.hardware);
}

function happen(neighbour: Neighbour, event: NeighbourEvent, hardware: u64): void {
  const step = state.stepNeighbour(neighbour.state, event);
  if (neighbour.state != state.stateOf(step) || (step & state.LEARN) != 0) noteChange();
  neighbour.state = state.stateOf(step);
  if ((step & state.AFRESH) != 0) neighbour.questions = 0;
  if ((step & (state.ASK_ALL | state.ASK_KNOWN)) != 0) {
    neighbour.questions++;
    arm(neighbour.timer, now() + ANSWER_NS);
    ask(neighbour, (step & state.ASK_ALL) != 0 ? 0 : neighbour.hardware);
  }
  if ((step & state.LEARN) != 0) learn(neighbour, hardware);
  if ((step & state.DROP) != 0) {
    count(Counter.NeighbourSilent);
    release(neighbour);
  }
}

/** Asks who has the address: the station that is believed to, or all (`hardware` 0). */
function ask(neighbour: Neighbour, hardware: u64): void {
  if (!isIpv4(neighbour.high, neighbour.low)) {
    version6()!.solicit(neighbour.high, neighbour.low, hardware);
    return;
  }
  const station = hardware == 0 ? BROADCAST_HARDWARE : hardware;
  sendArpRequest(station, <u32>neighbour.low, localAddress());
}

function learn(neighbour: Neighbour, hardware: u64): void {
  neighbour.hardware = hardware;
  neighbour.heardAt = now();
  disarm(neighbour.timer);
  const waiting = neighbour.waiting;
  while (waiting.count > 0) {
    const frame = waiting.front();
    storeHardwareAddress(frame, hardware);
    transmitFrame(frame, waiting.frontLength());
    waiting.drop();
    waitingFrames--;
  }
}

/** Empties the entry. */
function release(neighbour: Neighbour): void {
  noteChange();
  const waiting = neighbour.waiting;
  waitingFrames -= waiting.count;
  waiting.clear();
  disarm(neighbour.timer);
  neighbour.state = NeighbourState.Free;
  neighbour.high = 0;
  neighbour.low = 0;
  neighbour.hardware = 0;
}

function setOf(high: u64, low: u64): usize {
  const address = (<u32>low) ^ (<u32>(low >> 32)) ^ (<u32>high);
  const mixed = address ^ (address >> 8) ^ (address >> 16);
  return table + <usize>(mixed % <u32>SETS) * (WAYS * NEIGHBOUR_SIZE);
}

function lookUp(high: u64, low: u64): Neighbour | null {
  let at = setOf(high, low);
  for (let way: usize = 0; way < WAYS; way++) {
    const neighbour = changetype<Neighbour>(at);
    if (neighbour.low == low && neighbour.high == high) return neighbour;
    at += NEIGHBOUR_SIZE;
  }
  return null;
}

/** At most three are, so a set always has one that may go. */
function isPinned(neighbour: Neighbour): bool {
  if (!isIpv4(neighbour.high, neighbour.low)) {
    const six = version6();
    return six != null && six.isRouter(neighbour.high, neighbour.low);
  }
  const address = <u32>neighbour.low;
  return address == gatewayAddress() || address == dnsServer();
}

/** A free entry for the address: the first unused one of its set, else the one unwanted for longest. */
function claim(high: u64, low: u64): Neighbour {
  let at = setOf(high, low);
  let oldest = changetype<Neighbour>(at);
  for (let way: usize = 0; way < WAYS; way++) {
    const neighbour = changetype<Neighbour>(at);
    if (neighbour.state == NeighbourState.Free) {
      oldest = neighbour;
      break;
    }
    if (isPinned(oldest) || (neighbour.wantedAt < oldest.wantedAt && !isPinned(neighbour)))
      oldest = neighbour;
    at += NEIGHBOUR_SIZE;
  }
  release(oldest);
  oldest.high = high;
  oldest.low = low;
  return oldest;
}
