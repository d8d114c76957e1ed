/**
 * CUBIC (RFC 9438): after a loss the window grows by time, not by round trips: fast towards where the loss was,
 * slowly around it, then fast again; and never slower than NewReno would.
 *
 *   W(t) = C (t - K)^3 + W_max,  C = 0.4 segments a second cubed,  W(0) = beta W_max,  beta = 0.7
 *
 * Integers only: times in ms, windows in bytes.
 *
 * Tests: congestion.test.ts
 */
import { MILLISECOND, now } from "../../time/clock";
import { NewReno } from "./congestion";
import { Connection } from "./connection";

/** One over C, with seconds cubed in ms cubed. */
const INVERSE_C: i64 = 2_500_000_000;
/** No cube is taken of more: W is far beyond any limit by then, and i64 holds it. */
const FARTHEST_MS: i64 = 100_000;

export class Cubic extends NewReno {
  avoid(connection: Connection, bytes: u32): void {
    if (connection.epochAt == 0) beginEpoch(connection);
    const window = connection.congestionWindow;
    const size = connection.segmentSize;
    // RFC 9438 4.3: what NewReno with this beta would have: 3 (1 - beta) / (1 + beta) = 9/17 of a segment a round
    // trip, and a whole one from where the last loss was.
    const share: u64 = connection.renoWindow < connection.windowMaximum ? 9 : 17;
    connection.renoWindow += <u32>((<u64>bytes * size * share) / (17 * <u64>connection.renoWindow));
    const since = (now() - connection.epochAt) / MILLISECOND;
    if (cubicWindow(connection, since) < <i64>connection.renoWindow) {
      connection.congestionWindow = max(window, connection.renoWindow);
      return;
    }
    const ahead = cubicWindow(connection, since + connection.smoothedRtt / MILLISECOND);
    const target = min<i64>(max<i64>(ahead, window), <i64>window + <i64>(window / 2));
    connection.congestionWindow += <u32>((<u64>(target - window) * bytes) / window);
  }

  /** RFC 9438 4.6 and 4.7: a window that shrinks from loss to loss makes room for others at once. */
  threshold(connection: Connection): u32 {
    const flight = connection.sendMaximum - connection.sendUnacknowledged;
    const window = min(connection.congestionWindow, flight);
    connection.windowMaximum = window < connection.windowMaximum ? <u32>((<u64>window * 17) / 20) : window;
    connection.epochAt = 0;
    return max<u32>(<u32>((<u64>window * 7) / 10), 2 * connection.segmentSize);
  }

  idled(connection: Connection): void {
    super.idled(connection);
    connection.epochAt = 0;
  }
}

function beginEpoch(connection: Connection): void {
  const window = connection.congestionWindow;
  connection.epochAt = now();
  connection.renoWindow = window;
  connection.originMs = 0;
  if (window >= connection.windowMaximum) connection.windowMaximum = window;
  else {
    const missing = <u64>(connection.windowMaximum - window);
    connection.originMs = cubeRoot((missing * <u64>INVERSE_C) / connection.segmentSize);
  }
}

/** W, `ms` after the epoch began. */
function cubicWindow(connection: Connection, ms: i64): i64 {
  const distance = min(max(ms - <i64>connection.originMs, -FARTHEST_MS), FARTHEST_MS);
  const grown = (distance * distance * distance) / (INVERSE_C / <i64>connection.segmentSize);
  return <i64>connection.windowMaximum + grown;
}

/** The largest number whose cube is at most `value`, bit by bit. */
export function cubeRoot(value: u64): u32 {
  let root: u64 = 0;
  for (let bit: u64 = 1 << 20; bit != 0; bit >>= 1) {
    const wider = root | bit;
    if (wider * wider * wider <= value) root = wider;
  }
  return <u32>root;
}
