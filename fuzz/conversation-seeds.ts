/** Conversations that `conversation.ts` begins from: what it mutates. */

/** Beginnings that lead somewhere: each byte is a step, or what a step asks for. */
const seed = (...steps: readonly (readonly number[])[]): Uint8Array => Uint8Array.from([0, ...steps.flat()]);
const OPEN = [0, 0, 1, 0];
const ASK = [1, 0, 0, 1, 0, 0];
const AGREE = [3, 0, 0, 1, 0, 0];
const FINISH = [4, 0, 0, 0, 1, 0, 0];
const RESET = [4, 1, 0, 0, 1, 0, 0];

export const SEEDS: readonly Uint8Array[] = [
  seed([8, 0, 0], OPEN, [3, 0, 0, 1, 0, 0], ASK, [3, 0, 0, 1, 0, 0], [4, 0, 0, 0, 0, 1, 0, 0]),
  seed(
    [9, 1, 0],
    [9, 2, 0],
    [0, 1, 1, 0],
    [3, 0, 0, 1, 0, 0],
    ASK,
    [5, 0, 64, 0, 40, 0, 0],
    [5, 0, 34, 0, 20, 200, 0],
  ),
  seed([8, 0, 0], [14, 0, 1, 0], [6, 2, 0, 0], [6, 1, 0, 0], [14, 1, 0, 0], [4, 0, 0, 0, 4, 0, 0, 0], ASK),
  seed(
    [7, 0, 10, 0],
    [7, 1, 10, 0],
    [13, 200, 0],
    [7, 1, 10, 0],
    [10, 0, 1, 0, 40, 0],
    [12, 20, 0, 7, 0, 1, 0],
  ),
  Uint8Array.from([1, 9, 0, 0, 13, 255, 0, 9, 0, 0, 15, 40, 3, 0, 1, 3, 0, 5, 0, 11, 1, 2, 0, 4, 10, 0]),
  seed(
    [8, 0, 0],
    OPEN,
    [3, 0, 0, 1, 0, 0],
    [5, 0, 72, 0, 30, 0, 0],
    [11, 0, 1, 100, 20, 0],
    [13, 30, 0],
    ASK,
  ),
  // Who has asked, finished and gone, while the app does not answer; then others come.
  seed([8, 0, 0], OPEN, AGREE, ASK, AGREE, ASK, FINISH, RESET, [0, 0, 2, 0], AGREE, ASK, [13, 9, 0], AGREE),
];
