import test from "node:test";
import assert from "node:assert/strict";
import {
  executableMemory,
  familyOf,
  fieldKib,
  filterMode,
  heldMemory,
  readProcess,
} from "./process-facts.ts";

const MAPS = `\
55d0a0000000-55d0a0002000 r--p 00000000 fe:00 123                        /usr/bin/node
55d0a0002000-55d0a0012000 r-xp 00002000 fe:00 123                        /usr/bin/node (deleted)
7f0000000000-7f0000004000 rwxp 00000000 00:00 0
7f0000004000-7f0000005000 r-xp 00000000 00:00 0                          [vdso]
7f0000005000-7f0000006000 rw-p 00000000 fe:00 7                          /data x
`;

test("executable mappings count, by whether a file or the program made them", () => {
  assert.deepEqual(executableMemory(MAPS), {
    fileBytes: 0x10000 + 0x1000,
    generatedBytes: 0x4000,
    writableBytes: 0x4000,
  });
  assert.deepEqual(executableMemory(""), { fileBytes: 0, generatedBytes: 0, writableBytes: 0 });
});

test("a file's code counts once, however often it is mapped", () => {
  const twice = `\
1000-3000 r-xp 00002000 fe:00 9   /bin/x
8000-a000 r-xp 00003000 fe:00 9   /bin/x
8000-a000 r-xp 00003000 fe:00 10  /bin/y
`;
  assert.equal(executableMemory(twice).fileBytes, 0x3000 + 0x2000);
});

test("memory is summed over processes", () => {
  const rollup = (rss: number, pss: number) =>
    `Rss:       ${rss} kB\nPss:       ${pss} kB\nPss_Dirty:  9 kB\n`;
  assert.deepEqual(heldMemory([rollup(10, 5), rollup(2, 1)]), {
    residentBytes: 12 * 1024,
    proportionalBytes: 6 * 1024,
  });
  assert.equal(fieldKib("MemTotal:  7 kB\n", "MemFree"), undefined);
});

test("a filter is told from none, and from what is not told", () => {
  assert.equal(filterMode("Name:\tnode\nSeccomp:\t2\nSeccomp_filters:\t1\n"), 2);
  assert.equal(filterMode("Seccomp:\t0\n"), 0);
  assert.equal(filterMode(""), undefined);
});

test("this process tells of itself", (t) => {
  if (process.platform !== "linux") return t.skip("needs Linux");
  assert.ok(executableMemory(readProcess(process.pid, "maps")!).fileBytes > 1_000_000);
  assert.equal(familyOf(process.pid)[0], process.pid);
  assert.equal(readProcess(0x7fff_ffff, "maps"), undefined);
});
