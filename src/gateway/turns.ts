/**
 * When the stack's turn is run: once for all that arrives in one round of Node's event loop, and when a deadline
 * of the stack's own comes. While nothing happens, nothing runs.
 *
 * Tests: turns.test.ts
 */

/** What happens at the end of a turn, once, after the stack has done all its work. */
export interface Settling {
  settle(): void;
}

const NANOSECONDS_PER_MS = 1_000_000n;
/** The longest delay `setTimeout` takes. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export class Turns {
  readonly #begin: () => void;
  readonly #turn: () => bigint;
  readonly #now: () => bigint;
  #settling: Settling[] = [];
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0n;
  #running = false;
  #stopped = false;

  /**
   * `begin` tells the stack that time has passed, before the first call into it; `turn` does its work and answers
   * its next deadline in ns of `now`.
   */
  constructor(begin: () => void, turn: () => bigint, now: () => bigint) {
    this.#begin = begin;
    this.#turn = turn;
    this.#now = now;
  }

  /** Something has arrived, or is about to be asked of the stack: there will be a turn in this round. */
  wake(): void {
    if (this.#immediate !== undefined || this.#running || this.#stopped) return;
    this.#begin();
    this.#immediate = setImmediate(() => this.#run());
  }

  /** Has `settling` called once, at the end of the turn that runs or comes. */
  atEnd(settling: Settling): void {
    this.#settling.push(settling);
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#settling = [];
  }

  #run(): void {
    this.#immediate = undefined;
    this.#running = true;
    let deadline: bigint;
    try {
      deadline = this.#turn();
    } finally {
      this.#running = false;
    }
    const settling = this.#settling;
    this.#settling = [];
    for (const each of settling) each.settle();
    if (!this.#stopped) this.#arm(deadline);
  }

  /** Keeps a timer that comes no later than `deadline`: the deadline mostly moves away, and one early turn is cheap. */
  #arm(deadline: bigint): void {
    const now = this.#now();
    if (deadline <= now) {
      this.wake(); // the stack has left work over, so that others get their turn in between
      return;
    }
    if (this.#timer !== undefined) {
      if (this.#timerAt <= deadline) return;
      clearTimeout(this.#timer);
    }
    const delayMs = Number((deadline - now + NANOSECONDS_PER_MS - 1n) / NANOSECONDS_PER_MS);
    if (delayMs > LONGEST_DELAY_MS) {
      this.#timer = undefined;
      return;
    }
    this.#timerAt = deadline;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.wake();
      },
      Math.max(delayMs, 1),
    );
  }
}
