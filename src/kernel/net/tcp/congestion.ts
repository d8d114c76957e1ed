/**
 * Congestion control: how much may be in flight. The interface is what an algorithm must answer; NewReno
 * (RFC 5681, RFC 6582) stands here, CUBIC beside it. `algorithm.ts` chooses.
 *
 * Loss is found in `retransmission.ts`; nothing here sends.
 *
 * Tests: congestion.test.ts
 */
import { Connection } from "./connection";
import { after } from "./sequence";

/** RFC 6928: ten segments, or what 14,600 bytes come to. */
const INITIAL_SEGMENTS: u32 = 10;
const INITIAL_BYTES: u32 = 14_600;
/** No window needs to grow beyond what a peer can ever offer us to fill. */
const WINDOW_LIMIT: u32 = 1 << 30;

export abstract class Congestion {
  /** The connection is open. */
  abstract started(connection: Connection): void;
  /** `bytes` new bytes were acknowledged, outside of recovery. */
  abstract acknowledged(connection: Connection, bytes: u32): void;
  /** A loss was found by duplicate acknowledgments: recovery begins. */
  abstract lost(connection: Connection): void;
  /** One more duplicate acknowledgment in recovery: a segment has left the network. */
  abstract duplicate(connection: Connection): void;
  /** `bytes` were acknowledged in recovery, but not all that was in flight when it began. */
  abstract partlyAcknowledged(connection: Connection, bytes: u32): void;
  /** Everything was acknowledged that was in flight when recovery began. */
  abstract recovered(connection: Connection): void;
  /** A loss that needs no recovery, because it is repaired already. */
  abstract reduced(connection: Connection): void;
  /** The retransmission timer fired. */
  abstract timedOut(connection: Connection): void;
  /** Nothing was sent for longer than a time-out. */
  abstract idled(connection: Connection): void;
}

export class NewReno extends Congestion {
  started(connection: Connection): void {
    connection.congestionWindow = initialWindow(connection);
    connection.slowStartThreshold = WINDOW_LIMIT;
    connection.recover = connection.initialSend;
  }

  /**
   * RFC 5681 3.1: by bytes, not by acknowledgments, which a peer could split: slow start, then a segment a round trip. What
   * left as one is acknowledged as one, so the limit of two segments (RFC 3465 2.3) is one of two, or of a burst.
   */
  acknowledged(connection: Connection, bytes: u32): void {
    const size = connection.segmentSize;
    const window = connection.congestionWindow;
    // A window that is not in use says nothing about the path (RFC 7661): it does not grow.
    if (window > 2 * connection.sendWindowMaximum) return;
    const counted = min(bytes, max(2 * size, connection.burstSize));
    if (window < connection.slowStartThreshold) connection.congestionWindow += counted;
    else this.avoid(connection, counted);
    connection.congestionWindow = min(connection.congestionWindow, WINDOW_LIMIT);
  }

  /** Congestion avoidance (RFC 5681 3.1, equation 3). */
  avoid(connection: Connection, bytes: u32): void {
    const gain = (<u64>connection.segmentSize * bytes) / connection.congestionWindow;
    connection.congestionWindow += max<u32>(<u32>gain, 1);
  }

  /** The slow start threshold after a loss (RFC 5681 3.1, equation 4). */
  threshold(connection: Connection): u32 {
    return max((connection.sendMaximum - connection.sendUnacknowledged) / 2, 2 * connection.segmentSize);
  }

  /** RFC 6582 3.2, steps 2 and 3. */
  lost(connection: Connection): void {
    connection.slowStartThreshold = this.threshold(connection);
    connection.recover = connection.sendMaximum;
    connection.recovering = true;
    connection.recoveryFlight = connection.sendMaximum - connection.sendUnacknowledged;
    connection.recoveryDelivered = 0;
    connection.recoverySent = 0;
    connection.congestionWindow = connection.slowStartThreshold + 3 * connection.segmentSize;
  }

  duplicate(connection: Connection): void {
    connection.congestionWindow += connection.segmentSize;
  }

  /** RFC 6582 3.2, step 5, partial acknowledgment: deflate by what left, inflate by the segment sent again. */
  partlyAcknowledged(connection: Connection, bytes: u32): void {
    const size = connection.segmentSize;
    const window = connection.congestionWindow;
    const left = window > bytes ? window - bytes : 0;
    connection.congestionWindow = max(left + (bytes >= size ? size : 0), size);
  }

  /** RFC 6582 3.2, step 5, full acknowledgment, the variant without a burst. */
  recovered(connection: Connection): void {
    const size = connection.segmentSize;
    connection.recovering = false;
    connection.congestionWindow = min(connection.slowStartThreshold, max(connection.inFlight, size) + size);
  }

  reduced(connection: Connection): void {
    connection.slowStartThreshold = this.threshold(connection);
    connection.congestionWindow = min(connection.congestionWindow, connection.slowStartThreshold);
  }

  /** RFC 5681 3.1, equation 4, and RFC 6582 3.2, step 4. */
  timedOut(connection: Connection): void {
    // Halved once for one loss, however often its segment is sent again.
    if (connection.retries <= 1) connection.slowStartThreshold = this.threshold(connection);
    connection.recovering = false;
    connection.recover = connection.sendMaximum;
    connection.congestionWindow = connection.segmentSize;
  }

  /** RFC 5681 4.1. */
  idled(connection: Connection): void {
    connection.congestionWindow = min(connection.congestionWindow, initialWindow(connection));
  }
}

/** Duplicates do not mean a second loss before all is acknowledged that was sent before the first (RFC 6582 3.2, step 2). */
export function mayRecover(connection: Connection): bool {
  return after(connection.sendUnacknowledged, connection.recover);
}

function initialWindow(connection: Connection): u32 {
  const size = connection.segmentSize;
  return min(INITIAL_SEGMENTS * size, max(2 * size, INITIAL_BYTES));
}
