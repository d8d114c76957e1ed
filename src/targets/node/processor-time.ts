/**
 * The processor time of what runs in this thread, as nearly as Node tells it: that of the whole process, whose other
 * threads may compile meanwhile, and never more than has passed by the clock.
 */
const US_PER_MS = 1000;

export class ProcessorTime {
  #began = 0;
  #usedUs = 0;

  /** From now on. */
  begin(): void {
    this.#began = performance.now();
    this.#usedUs = usedUs();
  }

  passedMs(): number {
    return Math.min(performance.now() - this.#began, (usedUs() - this.#usedUs) / US_PER_MS);
  }
}

function usedUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
