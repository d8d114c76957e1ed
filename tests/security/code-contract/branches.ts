/** What a branch proves on either of its ways, by the comparison before it. */
import { ConditionCode } from "iced-x86";
import { inTable } from "./access.ts";
import { inRange } from "./calls.ts";
import type { Flags, Limit, State } from "./state.ts";
import { constantOf, U32, type NumberValue } from "./value.ts";

type Relation = "below" | "not below" | "equal" | "not equal" | "not above" | "above";

const RELATIONS: ReadonlyMap<ConditionCode, Relation> = new Map<ConditionCode, Relation>([
  [ConditionCode.b, "below"],
  [ConditionCode.ae, "not below"],
  [ConditionCode.e, "equal"],
  [ConditionCode.ne, "not equal"],
  [ConditionCode.be, "not above"],
  [ConditionCode.a, "above"],
]);
const OPPOSITE: Readonly<Record<Relation, Relation>> = {
  below: "not below",
  "not below": "below",
  equal: "not equal",
  "not equal": "equal",
  "not above": "above",
  above: "not above",
};

/** Adds to `state` what is known where the branch is taken, or where it is not. */
export function refine(state: State, condition: ConditionCode, isTaken: boolean): void {
  const relation = RELATIONS.get(condition);
  if (relation === undefined || state.flags === undefined) return;
  const holds = isTaken ? relation : OPPOSITE[relation];
  const { flags } = state;
  if (flags.kind === "signature") {
    if (holds === "equal") state.signatures.set(`${flags.table} ${flags.index}`, flags.type);
    return;
  }
  refineComparison(state, flags, holds);
}

function refineComparison(
  state: State,
  { left, right, bits }: Flags & { kind: "compare" },
  holds: Relation,
): void {
  if (left.kind !== "number" || (bits === 32 && state.boundOf(left) > U32)) return;
  if (holds !== "below" && holds !== "not above" && holds !== "equal") return;
  const isBelow = holds === "below";
  if ("limit" in right) return refineByLimit(state, left, right, isBelow);
  if (right.kind !== "number") return;
  const bound = state.boundOf(right);
  state.proveBound(left, isBelow ? bound - 1 : bound);
  if (holds === "equal") state.proveBound(right, state.boundOf(left));
  if (right.lengthOf !== undefined) refineByLimit(state, left, { limit: `table ${right.lengthOf}` }, isBelow);
  const known = constantOf(right);
  if (known !== undefined && left.sum !== undefined) state.facts.add(inRange(...left.sum, `${known}`));
}

function refineByLimit(state: State, left: NumberValue, { limit }: Limit, isBelow: boolean): void {
  // No memory has more than 4 GiB, no table more than 2^32 - 1 elements.
  if (isBelow) state.proveBound(left, U32);
  if (left.sum !== undefined) state.facts.add(inRange(...left.sum, limit));
  if (isBelow && limit.startsWith("table ")) state.facts.add(inTable(left.id, Number(limit.slice(6))));
}
