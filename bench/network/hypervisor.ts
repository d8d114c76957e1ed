/** Whether a guest really runs under KVM here: being there says little on a nested host. */
import { findQemu, qemuFacts } from "../../src/targets/qemu/probe.ts";
import type { Accelerator } from "../../src/targets/target.ts";

const file = findQemu();
const facts = file === undefined ? undefined : await qemuFacts(file);

/** Why machines cannot run in QEMU so; undefined: they can. */
export function qemuProblem(accelerator: Accelerator): string | undefined {
  return facts === undefined ? "there is no QEMU" : (facts.problems[accelerator] ?? undefined);
}
