/**
 * The head of a connection's last request, kept with what was read in it. A client mostly sends the same again, and what is
 * read depends on the bytes alone: the same bytes need no parsing.
 *
 * Each connection knows its own head only: how long another's takes tells nobody anything.
 *
 * Tests: conformance.test.ts
 */
import { Connection, Fact } from "./connection";
import { endOfFields } from "./framing";
import { parseHead } from "./head";
import { KEPT_HEAD_LIMIT } from "./limits";
import { Verdict } from "./verdict";

/** Two vectors, which may overlap, cover what is left of a head this long; none that is complete is shorter. */
const SHORTEST: u32 = 16;

/** As `parseHead`, of a head of which nothing was read before. */
export function parseWhole(connection: Connection, available: u32): Verdict {
  const length = connection.keptLength;
  if (length != 0 && available >= length && isSame(connection.head, connection.keptHead, length)) {
    connection.line = length;
    connection.fieldCount = connection.keptFieldCount;
    connection.facts = connection.keptFacts;
    connection.bodySize = connection.keptBodySize;
    return endOfFields(connection);
  }
  connection.keptLength = 0; // what was read in it is written over
  const verdict = parseHead(connection, available);
  if (verdict == Verdict.Complete && (connection.facts & Fact.Close) == 0) keep(connection);
  return verdict;
}

function keep(connection: Connection): void {
  const length = connection.line;
  if (length > KEPT_HEAD_LIMIT || length < SHORTEST) return;
  memory.copy(connection.keptHead, connection.head, length);
  connection.keptLength = length;
  connection.keptFieldCount = connection.fieldCount;
  connection.keptFacts = connection.facts;
  connection.keptBodySize = connection.bodySize;
}

function isSame(one: usize, other: usize, length: u32): bool {
  const last = length - SHORTEST;
  for (let at: u32 = 0; at < last; at += SHORTEST) {
    if (v128.any_true(v128.xor(v128.load(one + at), v128.load(other + at)))) return false;
  }
  return !v128.any_true(v128.xor(v128.load(one + last), v128.load(other + last)));
}
