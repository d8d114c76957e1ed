import test from "node:test";
import assert from "node:assert/strict";
import { allowedCalls, runtimeFilter, type Profile } from "./filter.ts";

const ALLOW = "SCMP_ACT_ALLOW";
const REFUSE = "SCMP_ACT_ERRNO";
const PROFILE: Profile = {
  defaultAction: REFUSE,
  defaultErrnoRet: 38,
  syscalls: [
    { names: ["read", "write"], action: ALLOW, args: [] },
    { names: ["personality"], action: ALLOW, args: [{ index: 0, value: 0, op: "SCMP_CMP_EQ" }] },
    { names: ["bpf"], action: ALLOW, includes: { caps: ["CAP_SYS_ADMIN"] } },
    { names: ["bpf"], action: REFUSE, errnoRet: 1, excludes: { caps: ["CAP_SYS_ADMIN"] } },
    { names: ["arch_prctl"], action: ALLOW, args: null, includes: { arches: ["amd64", "x32"] } },
    { names: ["breakpoint"], action: ALLOW, includes: { arches: ["arm"] } },
  ],
};
const CALLS = ["read", "write", "bpf", "personality", "arch_prctl", "breakpoint", "reboot"];

test("of the profile's rules, those hold that fit the container's capabilities and architecture", () => {
  const plain = allowedCalls(runtimeFilter(PROFILE, ["CAP_KILL"]), CALLS);
  assert.deepEqual(plain.names, ["read", "write", "personality", "arch_prctl"]);
  assert.equal(plain.withConditions, 1);
  const mighty = allowedCalls(runtimeFilter(PROFILE, ["CAP_SYS_ADMIN"]), CALLS);
  assert.ok(mighty.names.includes("bpf"));
});

test("the runtime is told no condition, and what is refused keeps its error", () => {
  const filter = runtimeFilter(PROFILE, []);
  assert.equal(filter.defaultErrnoRet, 38);
  assert.deepEqual(Object.keys(filter.syscalls[0]!), ["names", "action"]);
  assert.deepEqual(filter.syscalls.at(-2), { names: ["bpf"], action: REFUSE, errnoRet: 1 });
});
