/**
 * Which names an address is known by: registered by the `dns` service, in images that have it. Without it no name opens
 * an address.
 */
export abstract class AnsweredNames {
  /**
   * The next name after `after` (0: the first), in wire form, that was answered with this address and may still be used
   * for it: 0 when there is none. Good until the next answer.
   */
  abstract next(after: usize, high: u64, low: u64): usize;
}

let registered = changetype<AnsweredNames>(0);

export function setAnsweredNames(to: AnsweredNames): void {
  registered = to;
}

export function answeredNames(): AnsweredNames | null {
  return changetype<AnsweredNames | null>(registered);
}
