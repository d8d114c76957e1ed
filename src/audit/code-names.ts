/**
 * Functions by what they are for: the folders of their sources, which compilers of AssemblyScript put before names, as
 * in `net/tcp/alarm/setAlarm`.
 */
import type { PartOwner } from "../abi/manifest.ts";

export interface NamedCode {
  readonly owner: PartOwner;
  readonly name: string;
  readonly sizeBytes: number;
}

/** Folders whose parts are worth telling apart. */
const DEEP = new Set(["net", "drivers"]);
const LIBRARY = "~lib";

/** What lies between functions: they begin at multiples of 16. */
const BETWEEN = "alignment";

/** Largest first, `codeBytes` in all. Of code without names there are no groups. */
export function groupNames(
  functions: readonly NamedCode[],
  codeBytes: number,
): { name: string; sizeBytes: number }[] {
  if (functions.length === 0) return [];
  const groups = new Map<string, number>();
  for (const { name, sizeBytes } of functions) {
    const group = groupOf(name);
    groups.set(group, (groups.get(group) ?? 0) + sizeBytes);
  }
  const named = [...groups.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
  if (codeBytes > named) groups.set(BETWEEN, codeBytes - named);
  return [...groups]
    .map(([name, sizeBytes]) => ({ name, sizeBytes }))
    .sort((one, other) => other.sizeBytes - one.sizeBytes || (one.name < other.name ? -1 : 1));
}

function groupOf(name: string): string {
  const words = name.split("/");
  if (words[0] === LIBRARY) return "library";
  if (words.length < 2) return "other";
  const depth = DEEP.has(words[0]!) && words.length > 2 ? 2 : 1;
  return words.slice(0, depth).join("/");
}
