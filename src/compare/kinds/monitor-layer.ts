/** The layer of QEMU below a guest, and what can be told of it from its process. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Accelerator } from "../../targets/target.ts";
import type { Layer, Measure } from "../comparison.ts";
import { filterMode, readProcess } from "../process-facts.ts";
import { door } from "./kind.ts";
import { codeOf } from "./node-layer.ts";

const KVM_FACTS = "/sys/kernel/debug/kvm";

export function monitorLayer(pid: number, accelerator: Accelerator): Layer {
  const isFiltered = filterMode(readProcess(pid, "status") ?? "") === 2;
  const count: Measure = {
    value: null,
    why: isFiltered
      ? "QEMU's filter (-sandbox) is made inside it; only a debugger can read it back"
      : "QEMU runs without a filter here: all that the host's kernel has",
    see: "QEMU documentation, Invocation, -sandbox",
  };
  const emulated = accelerator === "tcg" ? "; translates the guest's code as well" : "";
  return {
    name: accelerator === "kvm" ? "QEMU, KVM" : "QEMU, emulating",
    role: "monitor",
    mode: "a process",
    holds: `device models, and the libraries QEMU is linked against${emulated}`,
    ...codeOf(readProcess(pid, "maps")),
    isShared: false,
    doors: [door("system calls", count, { note: isFiltered ? "behind QEMU's own filter" : "no filter" })],
  };
}

/** How often the guest has left to the hypervisor, and what for is its own affair. */
export function exitsOf(pid: number, accelerator: Accelerator, folder = KVM_FACTS): Measure {
  if (accelerator === "tcg") {
    return { value: null, why: "emulated: QEMU executes the guest itself, and there are none" };
  }
  try {
    const own = readdirSync(folder).find((name) => name.startsWith(`${pid}-`));
    const text = own === undefined ? "" : readFileSync(path.join(folder, own, "exits"), "latin1");
    const value = Number.parseInt(text, 10);
    if (Number.isSafeInteger(value)) return { value, how: `${folder}/PID-*/exits, until the first response` };
  } catch {
    // It is not mounted, or not for this user.
  }
  return { value: null, why: `${folder} does not tell: debugfs has to be mounted, and is root's` };
}

/** Of the guest, as QEMU was told on its command line. */
export function guestMemory(pid: number): Measure {
  const words = (readProcess(pid, "cmdline") ?? "").split("\0");
  const given = /^(\d+)M$/.exec(words[words.indexOf("-m") + 1] ?? "");
  if (given === null) return { value: null, why: "the command line of QEMU is not told" };
  return { value: Number(given[1]) * 1024 * 1024, how: "the -m of QEMU's command line" };
}

/** Of a kind whose machine is emulated. */
export const EMULATED =
  "it ran emulated: its time and memory are an interpreter's, and QEMU's authors promise isolation for KVM alone (QEMU documentation, System Emulation, Security)";
