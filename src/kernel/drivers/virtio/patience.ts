/**
 * Waiting a moment for a queue's next buffer instead of going to sleep, or instead of telling the device of little: both are
 * exits to the monitor, which cost as much as a request. Where a moment was not enough lately, it is not tried for a while,
 * twice as long each time: a machine that has nothing to do does not wait, it sleeps.
 *
 * Tests: net/driver.test.ts
 */
import { Virtqueue } from "./virtqueue";

const PAUSE_LIMIT: u32 = 63;

@final
export class Patience {
  looks: u32;
  /** How often nobody waits before it is tried again, and how long the last such pause was. */
  left: u32 = 0;
  pause: u32 = 0;

  /** `looks`: a third of a microsecond each, or so. */
  constructor(looks: u32) {
    this.looks = looks;
  }

  /** Whether the queue has a buffer, now or in a moment. */
  awaits(queue: Virtqueue): bool {
    if (queue.hasNews()) return true;
    if (this.left != 0) {
      this.left--;
      return false;
    }
    const came = queue.awaitNews(this.looks);
    this.pause = came ? 0 : min<u32>(2 * this.pause + 1, PAUSE_LIMIT);
    this.left = this.pause;
    return came;
  }
}
