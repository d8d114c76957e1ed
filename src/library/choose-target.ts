/**
 * Where an image is to run: what was asked for, or the best that works on this host, and why not a better one.
 *
 *   qemu under KVM    a virtual machine at native speed
 *   process           native speed, isolated by Linux and a system call filter
 *   node              works everywhere
 *
 * QEMU without KVM emulates: isolated, but several times slower, so it is only used when it is asked for.
 *
 * Tests: choose-target.test.ts
 */
import { UserError } from "../image/user-error.ts";
import { nodeTarget } from "../targets/node/target.ts";
import { canRunProcesses, processTarget } from "../targets/process/target.ts";
import {
  chooseAccelerator,
  findQemu,
  qemuFacts,
  requireQemu,
  type QemuFacts,
} from "../targets/qemu/probe.ts";
import { qemuTarget } from "../targets/qemu/target.ts";
import type { Accelerator, Target, TargetName } from "../targets/target.ts";

export interface TargetWish {
  readonly target: TargetName | "auto";
  /** Undefined: the best. */
  readonly accelerator: Accelerator | undefined;
}

export interface Choice {
  readonly target: Target;
  /** Of `qemu`. */
  readonly accelerator?: Accelerator;
  /** As people read it: `qemu (KVM)`. */
  readonly label: string;
  /** Why it is no better one, and how to get it. */
  readonly reason?: string;
}

export interface Host {
  /** Undefined without QEMU. */
  readonly qemu: QemuFacts | undefined;
  readonly canRunProcesses: boolean;
}

export async function chooseTarget(wish: TargetWish): Promise<Choice> {
  if (wish.target === "node") return NODE;
  if (wish.target === "process") return PROCESS;
  if (wish.target === "qemu" || wish.accelerator !== undefined) {
    return onQemu(await qemuFacts(requireQemu()), wish.accelerator);
  }
  const file = findQemu();
  return chooseBest({
    qemu: file === undefined ? undefined : await qemuFacts(file),
    canRunProcesses: canRunProcesses(),
  });
}

/** Where an image that was built before can run. Throws a `UserError` where something else was asked for. */
export async function targetOfImage(
  platform: "process" | "bare",
  wish: TargetWish,
  name: string,
): Promise<Choice> {
  const own = platform === "bare" ? "qemu" : "process";
  if (wish.target === "auto" || wish.target === own) return chooseTarget({ ...wish, target: own });
  const file = wish.target === "node" ? "" : `, or build one for it: skerry build --target ${wish.target}`;
  throw new UserError(
    "platform",
    `the image of ${name} was built for target ${own}, and --target ${wish.target} cannot start it`,
    `leave --target out${file}`,
  );
}

const NODE: Choice = { target: nodeTarget, label: "node (hosted)" };
const PROCESS: Choice = { target: processTarget, label: "process" };

export function chooseBest({ qemu, canRunProcesses }: Host): Choice {
  if (qemu?.problems.kvm === null) return onQemu(qemu, "kvm");
  const why =
    qemu === undefined
      ? "no QEMU here; apt install qemu-system-x86, or the like, for a virtual machine"
      : `no KVM for a virtual machine: ${qemu.problems.kvm}`;
  return { ...(canRunProcesses ? PROCESS : NODE), reason: why };
}

function onQemu(facts: QemuFacts, asked: Accelerator | undefined): Choice {
  const accelerator = chooseAccelerator(facts, asked);
  const label = `qemu (${accelerator.toUpperCase()})`;
  const isFallback = asked === undefined && accelerator === "tcg";
  return {
    target: qemuTarget,
    accelerator,
    label,
    ...(isFallback ? { reason: `emulated, which is slow; no KVM: ${facts.problems.kvm}` } : {}),
  };
}
