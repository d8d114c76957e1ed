/** Subtests that are reported apart from passed and failed, each with the reason. */
export interface Exclusion {
  /** The beginning of a file's path. */
  readonly file: string;
  /** Which of its subtests; all of them where it is missing. */
  readonly subtest?: RegExp;
  readonly reason: string;
}

export const EXCLUSIONS: readonly Exclusion[] = [];

export function exclusionOf(file: string, subtest: string): Exclusion | undefined {
  return EXCLUSIONS.find((one) => file.startsWith(one.file) && (one.subtest?.test(subtest) ?? true));
}
