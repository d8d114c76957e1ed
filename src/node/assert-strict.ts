/** node:assert/strict (Node 20). */
import { strict } from "./assert.ts";

export {
  AssertionError,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  fail,
  ifError,
  match,
  ok,
  rejects,
  throws,
} from "./assert.ts";
export const {
  deepEqual,
  deepStrictEqual,
  equal,
  notDeepEqual,
  notDeepStrictEqual,
  notEqual,
  notStrictEqual,
  strictEqual,
} = strict;
export { strict };
export default strict;
