/**
 * One connection's block: RFC 9293's transmission control block (3.3.1), with its queues and timers inside.
 *
 *   | Flow: addresses, ports | fields below | send queue | receive queue | two timers |
 *
 * The send queue holds what lies from `sendUnacknowledged` on, so byte i of it has that sequence number plus i; a
 * FIN follows the last one. `sendNext` is the cursor of transmission and goes back after a time-out; `sendMaximum`
 * is the RFC's SND.NXT and never does.
 *
 * Owns: the layout. Blocks come from the pool in `table.ts`.
 */
import { ByteQueue } from "../../memory/byte-queue";
import { Flow } from "../layer";
import { StreamOwner } from "../../stream/stream";
import { Timer, TIMER_SIZE } from "../../time/wheel";
import { CloseReason } from "../../../abi/status";
import { State } from "./state";

/** What the connection's long timer is for. */
export const enum Alarm {
  None = 0,
  Retransmission = 1,
  Persist = 2,
  TimeWait = 3,
  /** RACK waits a little for what others have overtaken. */
  Reordering = 4,
  TailProbe = 5,
  KeepAlive = 6,
}

@final
@unmanaged
export class Connection {
  // As Flow, in place.
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  localPort: u16;
  remotePort: u16;

  state: State;
  /** Counts the lives of this block, so that an id of an earlier one is known. Survives release. */
  generation: u32;
  owner: StreamOwner;
  user: usize;
  /** The next in the hash chain, and in the list of connections with output, with work, in TIME-WAIT. */
  chainNext: usize;
  dirtyNext: usize;
  workNext: usize;
  waitNext: usize;
  waitPrevious: usize;
  /** The listener that opened it, 0 after an active open. */
  listener: usize;

  // Sending (RFC 9293 3.3.1, SND).
  initialSend: u32;
  sendUnacknowledged: u32;
  sendNext: u32;
  sendMaximum: u32;
  sendWindow: u32;
  /** The largest window the peer has offered. */
  sendWindowMaximum: u32;
  windowSequence: u32; // SND.WL1
  windowAcknowledgment: u32; // SND.WL2
  segmentSize: u32;
  /** Bytes that leave as one: a segment, or as many as the network cuts. */
  burstSize: u32;

  // Receiving (RCV).
  /** What the last segment we sent acknowledged: Last.ACK.sent (RFC 7323). */
  lastAcknowledged: u32;
  /** The peer's clock as we answer it, TS.Recent, and where ours starts. */
  recentStamp: u32;
  stampOffset: u32;
  /** The sequence numbers of data out of order that came last, latest first: what selective acknowledgments begin with. */
  latestPiece: u32;
  laterPiece: u32;
  latePiece: u32;
  /** What came twice since the last acknowledgment, empty for nothing (RFC 2883). */
  duplicateFirst: u32;
  duplicateEnd: u32;
  initialReceive: u32;
  receiveNext: u32;
  /** One past the last byte that we have ever allowed. */
  receiveEdge: u32;
  finSequence: u32;
  /** The largest segment seen: what "full" means for the delayed acknowledgment. */
  receiveSegmentSize: u32;
  /** Bytes since the last acknowledgment left. */
  unacknowledgedBytes: u32;
  reassemblyHead: usize;
  reassemblyTail: usize;
  reassemblyCount: u32;

  // Retransmission (RFC 6298) and congestion (RFC 5681, 6582).
  smoothedRtt: i64;
  rttVariation: i64;
  minimumRtt: i64;
  rto: i64;
  timedAt: i64;
  alarmAt: i64;
  armedFor: i64;
  lastSentAt: i64;
  challengedAt: i64;
  recentStampAt: i64;
  /** When a segment last came that the window takes, and when bytes last moved either way. */
  heardAt: i64;
  progressAt: i64;
  /** When CUBIC's epoch began, 0 before it has (RFC 9438); how long it takes from there to `windowMaximum`. */
  epochAt: i64;
  originMs: u32;
  windowMaximum: u32;
  renoWindow: u32;
  /** Proportional rate reduction (RFC 6937): RecoverFS, prr_delivered, prr_out. */
  recoveryFlight: u32;
  recoveryDelivered: u32;
  recoverySent: u32;
  /** The chunk that says what became of the bytes in flight, or 0: see `scoreboard.ts`. */
  scoreboard: usize;
  sackedBytes: u32;
  lostBytes: u32;
  /** The latest sent of all that has arrived (RFC 8985 6.2), and the end of the highest. */
  rackSentAt: i64;
  rackRtt: i64;
  rackEnd: u32;
  highestDelivered: u32;
  /** Where the tail loss probe ends that is out. */
  probeEnd: u32;
  timedSequence: u32;
  congestionWindow: u32;
  slowStartThreshold: u32;
  recover: u32;
  duplicates: u32;
  /** Time-outs since the peer was last heard. */
  retries: u32;
  /** Window probes since the window closed: the exponent of their back-off. */
  probes: u32;

  alarm: Alarm;
  reason: CloseReason;
  sendScale: u8;
  receiveScale: u8;
  /** Both sides send time stamps; both sides send selective acknowledgments. */
  stamps: bool;
  selective: bool;
  timing: bool;
  /** The next round trip is measured by its stamp: something was sent twice. */
  timedByStamp: bool;
  /** Segments have overtaken others on this path. */
  reordered: bool;
  /** A tail loss probe is out; it was a segment sent before. */
  probing: bool;
  probeRepeats: bool;
  recovering: bool;
  acknowledgmentOwed: bool;
  acknowledgeNow: bool;
  finQueued: bool;
  finSent: bool;
  finSeen: bool;
  finReceived: bool;
  finishedTold: bool;
  wantsWritable: bool;
  dirty: bool;
  working: bool;
  offering: bool;
  /** The owner knows this connection and has not been told of its end. */
  attached: bool;

  get flow(): Flow {
    return changetype<Flow>(changetype<usize>(this));
  }

  get sendQueue(): ByteQueue {
    return changetype<ByteQueue>(changetype<usize>(this) + SEND_QUEUE_AT);
  }

  get receiveQueue(): ByteQueue {
    return changetype<ByteQueue>(changetype<usize>(this) + RECEIVE_QUEUE_AT);
  }

  get longTimer(): Timer {
    return changetype<Timer>(changetype<usize>(this) + LONG_TIMER_AT);
  }

  get shortTimer(): Timer {
    return changetype<Timer>(changetype<usize>(this) + SHORT_TIMER_AT);
  }

  /** Sequence numbers sent and not acknowledged. */
  get inFlight(): u32 {
    return this.sendNext - this.sendUnacknowledged;
  }

  /** Of these, what is still on its way as far as is known (RFC 6675 2). */
  get pipe(): u32 {
    return this.sendNext - this.sendUnacknowledged - this.sackedBytes - this.lostBytes;
  }
}

if (offsetof<Flow>() != offsetof<Connection>("remotePort") + 2) ERROR("a connection starts as a flow");

const ALIGNED: usize = 7;
const QUEUE_SIZE: usize = (offsetof<ByteQueue>() + ALIGNED) & ~ALIGNED;
const SEND_QUEUE_AT: usize = (offsetof<Connection>() + ALIGNED) & ~ALIGNED;
const RECEIVE_QUEUE_AT: usize = SEND_QUEUE_AT + QUEUE_SIZE;
const LONG_TIMER_AT: usize = RECEIVE_QUEUE_AT + QUEUE_SIZE;
const SHORT_TIMER_AT: usize = LONG_TIMER_AT + ((TIMER_SIZE + ALIGNED) & ~ALIGNED);
export const CONNECTION_SIZE: usize = SHORT_TIMER_AT + ((TIMER_SIZE + ALIGNED) & ~ALIGNED);

export const NO_CONNECTION: Connection = changetype<Connection>(0);
