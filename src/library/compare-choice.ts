/** What may be chosen of a comparison, on the command line as in the library. */

export const USUAL_ROUNDS = 5;
const MOST_ROUNDS = 1000;
export const ROUNDS_EXPECTED = `1 to ${MOST_ROUNDS}`;
export const USUAL_PATH = "/";
export const PATH_EXPECTED = "a path as in a URL";

export function isRounds(rounds: number): boolean {
  return Number.isInteger(rounds) && rounds >= 1 && rounds <= MOST_ROUNDS;
}

export function isRequestPath(path: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(path);
}
