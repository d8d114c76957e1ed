/**
 * Overflows of the stacks that interrupts and exceptions have, in an image as it is: a debugger moves a stack's start
 * down to where it ends, then what uses it happens. Control: the same with a page below the stack.
 */
import assert from "node:assert/strict";
import { KEEL_PANIC_STATUS, TIMER_VECTOR } from "../../src/abi/boot.ts";
import { NMI, Tss } from "../../src/keel/descriptors.ts";
import { Data, Entry, KeelPage, PAGE_BYTES } from "../../src/keel/layout.ts";
import { NO_EXECUTE } from "../../src/keel/paging.ts";
import { PHYSICAL_BASE } from "../../src/platform/bare/image.ts";
import { GuestDebugger } from "./guest-debugger.ts";
import { openMonitor, type GuestMonitor } from "./guest-memory.ts";
import { kernelImports } from "./probe-text.ts";
import { linkPlan, planProbe, showRecords, testOnHosts, type Host } from "./whole-image.ts";

/** It stays in ring 3, but for what interrupts it. */
const BUSY = `${kernelImports("write", "exit", "idle", "monotonic")} (memory (export "memory") 1)
  (func (export "start")
    (drop (call $monotonic)) ;; so that the machine has a timer
    (call $write (i32.const 1) (i32.const 0) (i32.const 1)))
  (func (export "run") (loop $again (br $again)))`;

interface Stack {
  readonly name: string;
  readonly page: KeelPage;
  /** Of the task state. */
  readonly field: number;
  /** What has the processor use it, while the guest stands still or after; nothing, where that happens by itself. */
  readonly prepare?: (debug: GuestDebugger) => Promise<void>;
  readonly use?: (monitor: GuestMonitor) => Promise<string>;
  /** With a page below: what shows that the machine went on as it does without an overflow. */
  readonly goesOn: (told: Told) => void;
}

const CALLS: Stack = {
  name: "calls",
  page: KeelPage.Stack,
  field: Tss.Rsp0,
  goesOn: (told) => assert.ok(told.isBelowWritten, "the page below was there, and was written to"),
};
const DOUBLE_FAULTS: Stack = {
  name: "double faults",
  page: KeelPage.DoubleFaultStack,
  field: Tss.Ist1,
  goesOn: (told) => assert.match(told.errors, /: overflow of the stack of calls\n$/),
};
const NMIS: Stack = {
  name: "NMIs",
  page: KeelPage.NmiStack,
  field: Tss.Ist1 + 8,
  // The local APIC lets none in: so the next interrupt of the timer goes through the gate of NMIs.
  prepare: async (debug) => {
    for (const half of [0, 8]) {
      const gate = (vector: number) => PHYSICAL_BASE + Data.Idt + vector * 16 + half;
      await debug.writeWord(gate(TIMER_VECTOR), await debug.readWord(gate(NMI)));
    }
  },
  goesOn: (told) => assert.deepEqual(told.records, ["started", `trap kernel ${NMI}`, "exit 70"]),
};
const MACHINE_CHECKS: Stack = {
  name: "machine checks",
  page: KeelPage.MachineCheckStack,
  field: Tss.Ist1 + 16,
  // Of bank 1: valid, uncorrected, enabled; the interrupted instruction could go on.
  use: (monitor) => monitor.command("mce 0 1 0xb000000000000000 5 0 0"),
  goesOn: (told) => assert.match(told.errors, /faulted: vector 0{14}12,/),
};

/** The processor's frame fits, what the keel adds to it does not. */
const ROOM_BYTES = 48;
const LOOKS = 400;
const LOOK_MS = 25;

interface Told {
  readonly status: number | undefined;
  readonly errors: string;
  readonly records: readonly string[];
  /** Something was written to the page below the first stack. */
  readonly isBelowWritten: boolean;
}

/** Moves the starts of these stacks down; `hasPage`: below the last one there is a page. Uses the first. */
async function overflow(host: Host, stacks: readonly Stack[], hasPage: boolean): Promise<Told> {
  const last = stacks.at(-1)!;
  let isBelowWritten = false;
  const program = linkPlan(planProbe({ kernel: BUSY }), "bare");
  const ran = await host.run(program, {
    whileRunning: async (socketFile, dumpFile) => {
      const monitor = await openMonitor(socketFile);
      const debug = await GuestDebugger.attach(monitor, `${dumpFile}.debugger`);
      const region = await debug.readWord(PHYSICAL_BASE + Data.Region);
      for (const { page, field } of stacks) {
        const start = region + BigInt(page * PAGE_BYTES + ROOM_BYTES);
        await debug.writeWord(PHYSICAL_BASE + Data.Tss + field, start);
      }
      if (hasPage) await mapPage(debug, region, last.page - 1);
      await stacks[0]!.prepare?.(debug);
      await debug.detach();
      await stacks[0]!.use?.(monitor).catch(() => {}); // it may end before it answers
      const below = PHYSICAL_BASE + last.page * PAGE_BYTES - 8;
      for (let look = 0; look < LOOKS && !isBelowWritten; look++) {
        const shown = await monitor.command(`xp /1gx ${below}`).catch(() => undefined);
        if (shown === undefined) break; // it has ended
        isBelowWritten = !/: 0x0{16}/.test(shown);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      await monitor.execute("quit").catch(() => {});
      monitor.close();
    },
  });
  return { status: ran.status, errors: ran.errors, records: showRecords(ran), isBelowWritten };
}

/** Maps a page of the keel's region to its own frame. */
async function mapPage(debug: GuestDebugger, region: bigint, page: number): Promise<void> {
  const address = region + BigInt(page * PAGE_BYTES);
  let table = PHYSICAL_BASE + KeelPage.Pml4 * PAGE_BYTES;
  for (let shift = 39n; ; shift -= 9n) {
    const entry = table + Number((address >> shift) & 511n) * 8;
    if (shift === 12n) {
      assert.equal((await debug.readWord(entry)) & BigInt(Entry.Present), 0n, "it is mapped already");
      const frame = BigInt(PHYSICAL_BASE + page * PAGE_BYTES);
      return debug.writeWord(entry, frame | NO_EXECUTE | BigInt(Entry.Present | Entry.Write));
    }
    table = Number((await debug.readWord(entry)) & 0x000f_ffff_ffff_f000n);
  }
}

for (const stack of [CALLS, NMIS, MACHINE_CHECKS]) {
  testOnHosts(`an overflow of the keel's stack of ${stack.name} is reported by its name`, async (host) => {
    if (host.platform !== "bare") return;
    const told = await overflow(host, [stack], false);
    assert.match(told.errors, /^skerry: the keel faulted: vector 0000000000000008, error 0{16}, at /m);
    assert.match(told.errors, new RegExp(`: overflow of the stack of ${stack.name}\n$`));
    assert.equal(told.status, KEEL_PANIC_STATUS);
    const control = await overflow(host, [stack], true);
    assert.doesNotMatch(control.errors, /overflow/);
    stack.goesOn(control);
  });
}

testOnHosts("an overflow of the keel's stack of double faults is reported, not tried again", async (host) => {
  if (host.platform !== "bare") return;
  const told = await overflow(host, [CALLS, DOUBLE_FAULTS], false);
  assert.match(told.errors, /\nskerry: the keel faulted again: overflow of the stack of double faults\n$/);
  assert.equal(told.status, KEEL_PANIC_STATUS);
  const control = await overflow(host, [CALLS, DOUBLE_FAULTS], true);
  assert.doesNotMatch(control.errors, /again/);
  DOUBLE_FAULTS.goesOn(control);
});
