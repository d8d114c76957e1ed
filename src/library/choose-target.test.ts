import test from "node:test";
import assert from "node:assert/strict";
import type { QemuFacts } from "../targets/qemu/probe.ts";
import { chooseBest } from "./choose-target.ts";

const qemu = (kvm: string | null): QemuFacts => ({
  file: "qemu",
  version: [7, 2],
  guard: "shell",
  hasSandbox: true,
  problems: { kvm, tcg: null },
});
const best = (facts: QemuFacts | undefined, canRunProcesses = true) =>
  chooseBest({ qemu: facts, canRunProcesses });

test("a virtual machine where KVM runs guests, with nothing to explain", () => {
  const { target, accelerator, label, reason } = best(qemu(null));
  assert.deepEqual([target.name, accelerator, label, reason], ["qemu", "kvm", "qemu (KVM)", undefined]);
});

test("a process where it does not, and what would help", () => {
  const without = best(qemu("there is no /dev/kvm"));
  assert.deepEqual([without.target.name, without.accelerator], ["process", undefined]);
  assert.match(without.reason!, /no KVM .*there is no \/dev\/kvm/);
  assert.match(best(undefined).reason!, /apt install/);
});

test("hosted in Node where neither is there", () => {
  assert.equal(best(undefined, false).target.name, "node");
});
