/**
 * What a Linux kernel tells of itself: how much code it is, and which system calls it has.
 *
 * Tests: kernel-facts.test.ts
 */
import { readFileSync } from "node:fs";
import type { Measure } from "./comparison.ts";
import { HANDLERS, SYSTEM_CALLS } from "./tables/system-calls.ts";

/** Where a name stands for code of the kernel. Weak names stand for what was left out of it. */
const SYMBOL = /^([0-9a-f]+) ([A-Za-z]) (\S+)$/gm;
const PREFIX = "__x64_sys_";

/** Names of the system calls that this kernel has, from its `kallsyms`; undefined where it tells none. */
export function systemCallsOf(symbols: string): string[] | undefined {
  const functions = new Set<string>();
  for (const [, , kind, name] of symbols.matchAll(SYMBOL)) {
    if (/^[tT]$/.test(kind!) && name!.startsWith(PREFIX)) functions.add(name!.slice(PREFIX.length));
  }
  if (functions.size === 0) return undefined;
  return Object.values(SYSTEM_CALLS).filter((name) => functions.has(HANDLERS[name] ?? name));
}

const NO_ADDRESSES = "the kernel hides its addresses from this user (kptr_restrict): run compare as root";

/** From `_stext` to `_etext`; and of the modules, whole, with their data. */
export function kernelCode(symbols: string, modules: string): Measure {
  const addressOf = (name: string): bigint => {
    const match = new RegExp(`^([0-9a-f]+) \\S ${name}$`, "m").exec(symbols);
    return match === null ? 0n : BigInt(`0x${match[1]}`);
  };
  const [start, end] = [addressOf("_stext"), addressOf("_etext")];
  if (start === 0n || end <= start) return { value: null, why: NO_ADDRESSES };
  const loaded = [...modules.matchAll(/^\S+ (\d+) /gm)];
  const moduleBytes = loaded.reduce((sum, [, sizeBytes]) => sum + Number(sizeBytes), 0);
  const rest =
    loaded.length === 0 ? "" : `; and ${loaded.length} modules as /proc/modules has them, with data`;
  return { value: Number(end - start) + moduleBytes, how: `_stext to _etext of /proc/kallsyms${rest}` };
}

export interface HostKernel {
  readonly codeBytes: Measure;
  /** Undefined where it does not tell. */
  readonly systemCalls: readonly string[] | undefined;
}

/** Of the host. Both hold as long as it runs: read once. */
export function hostKernel(): HostKernel {
  const symbols = readOr("/proc/kallsyms");
  return {
    codeBytes: kernelCode(symbols, readOr("/proc/modules")),
    systemCalls: systemCallsOf(symbols),
  };
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
