/**
 * Time as the link's parts need it: what it is, and a call later on. Real for machines that run, virtual in the
 * simulator, so that no wrapper reads a clock of its own.
 */
export interface Schedule {
  /** Monotonic, in ns. */
  now(): bigint;
  /** Calls `work` once `delayNs` have passed. */
  after(delayNs: bigint, work: () => void): void;
}

export const REAL_TIME: Schedule = {
  now: () => process.hrtime.bigint(),
  after(delayNs, work) {
    setTimeout(work, Number(delayNs / 1_000_000n));
  },
};
