/**
 * What can be wrong with a command before it runs: it cannot be read, or it needs what we do not support. And the
 * accessors that raise the first.
 */
import type { List } from "./expression.ts";
import type { ProposalName } from "./unsupported.ts";

export class ScriptError extends Error {
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.name = "ScriptError";
    this.position = position;
  }
}

export class UnsupportedError extends Error {
  readonly proposal: ProposalName;

  constructor(proposal: ProposalName) {
    super(`needs ${proposal}`);
    this.name = "UnsupportedError";
    this.proposal = proposal;
  }
}

/** The atom that a list begins with. */
export function head(list: List): string {
  return atomText(list, 0);
}

export function atomText(list: List, index: number): string {
  const item = list.items[index];
  if (item?.kind !== "atom") throw new ScriptError((item ?? list).start, "expected a word");
  return item.text;
}

/** A name: the string's bytes are UTF-8. */
export function nameText(list: List, index: number): string {
  const item = list.items[index];
  if (item?.kind !== "string") throw new ScriptError((item ?? list).start, "expected a string");
  return Buffer.from(item.bytes, "latin1").toString("utf8");
}

export function listAt(list: List, index: number): List {
  const item = list.items[index];
  if (item?.kind !== "list") throw new ScriptError((item ?? list).start, "expected a list");
  return item;
}
