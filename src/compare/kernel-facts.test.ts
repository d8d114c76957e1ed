import test from "node:test";
import assert from "node:assert/strict";
import { hostKernel, kernelCode, systemCallsOf } from "./kernel-facts.ts";
import { SYSTEM_CALLS } from "./tables/system-calls.ts";

const SYMBOLS = `\
ffffffff81000000 T _stext
ffffffff81000100 T __x64_sys_read
ffffffff81000200 T __x64_sys_newstat
ffffffff81000300 T __x64_sys_chown16
ffffffff81000400 W __x64_sys_kexec_load
ffffffff81000500 t __ia32_sys_write
ffffffff81004000 T _etext
`;

test("a call counts where its function is in the kernel, and has a number of x86-64", () => {
  assert.deepEqual(systemCallsOf(SYMBOLS), ["read", "stat"], "weak names, and those of 32 bits, do not");
  assert.equal(systemCallsOf("ffffffff81000000 T _stext\n"), undefined);
});

test("code is that of the kernel and of its modules", () => {
  assert.equal(kernelCode(SYMBOLS, "").value, 0x4000);
  assert.equal(
    kernelCode(SYMBOLS, "ext4 4096 1 - Live 0x0\njbd2 100 1 ext4, Live 0x0\n").value,
    0x4000 + 4196,
  );
});

test("addresses that are hidden are no size of zero", () => {
  const hidden = SYMBOLS.replace(/^[0-9a-f]{16}/gm, "0000000000000000");
  const code = kernelCode(hidden, "");
  assert.equal(code.value, null);
  assert.match("why" in code ? code.why : "", /kptr_restrict/);
  assert.deepEqual(systemCallsOf(hidden), ["read", "stat"], "names are told all the same");
});

test("the table has each call once", () => {
  const names = Object.values(SYSTEM_CALLS);
  assert.equal(new Set(names).size, names.length);
  assert.equal(SYSTEM_CALLS[59], "execve");
  assert.equal(SYSTEM_CALLS[317], "seccomp");
  assert.equal(SYSTEM_CALLS[462], "mseal");
});

test("the kernel of this host has what every Linux has", (t) => {
  const { systemCalls } = hostKernel();
  if (systemCalls === undefined) return t.skip("needs /proc/kallsyms");
  for (const name of ["read", "mmap", "fstat", "uname", "clone", "execve"])
    assert.ok(systemCalls.includes(name), name);
  assert.ok(systemCalls.length > 250 && systemCalls.length < 400);
});
