import test from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { KeelCall } from "../../src/abi/boot.ts";
import {
  accelerators,
  boot,
  Guest,
  guestImage,
  guestRuns,
  PHYSICAL_BASE,
} from "../../src/keel/guest.harness.ts";
import { RunAccess, type KeelImage } from "../../src/keel/image-table.ts";
import { KEEL_REGION_BYTES } from "../../src/keel/layout.ts";
import { RAX, RBX, RDI } from "../../src/x64/register.ts";
import { dumpGuest, monitorOptions, type GuestMemory } from "./guest-memory.ts";
import { takeCensus, violations } from "./page-tables.ts";

const MEMORY_BYTES = 32 * 1024 * 1024;

/** A program that has touched heap, stack and memory, seen while it sleeps. */
async function look(accelerator: "tcg" | "kvm", change: Partial<KeelImage> = {}): Promise<GuestMemory> {
  const elf = guestImage((a) => {
    a.windowBase(RBX, Guest.Heap);
    a.store(RBX, 0, RBX);
    a.store(RBX, 40 * 4096, RBX);
    a.windowBase(RBX, Guest.Memory);
    a.set(RAX, 65536);
    a.store(RBX, -16, RAX);
    a.store(RBX, 0, RAX);
    a.store(RBX, 4096, RAX);
    a.print("here\n");
    a.set(RDI, 2_000_000_000);
    a.keelCall(KeelCall.Idle);
    a.set(RDI, 2_000_000_000);
    a.keelCall(KeelCall.Idle);
    a.exit(0);
  }, change);
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-census-"));
  const socket = path.join(folder, "monitor");
  let found: GuestMemory | undefined;
  await boot(elf, {
    accelerator,
    more: monitorOptions(socket),
    whileRunning: async () => {
      found = await dumpGuest(socket, path.join(folder, "memory"), MEMORY_BYTES);
    },
  });
  rmSync(folder, { recursive: true });
  return found!;
}

test("no page is writable and executable, no code has a writable alias, no table is ring 3's", async (t) => {
  for (const accelerator of await accelerators(t)) {
    const { memory, registers } = await look(accelerator);
    const census = takeCensus(memory, registers["CR3"]!);
    assert.deepEqual(violations(census), []);
    assert.ok(census.mappings.some(({ canExecute, isUser }) => canExecute && isUser));
    assert.ok(census.mappings.filter(({ canWrite, isUser }) => canWrite && isUser).length >= 6);
  }
});

test("the census finds a writable alias of code, were there one", async (t) => {
  const code = PHYSICAL_BASE + KEEL_REGION_BYTES;
  for (const accelerator of await accelerators(t)) {
    const alias = { window: Guest.Devices, offset: 0, physical: code, pages: 1, access: RunAccess.Write };
    const runs = [...guestRuns(), alias];
    const { memory, registers } = await look(accelerator, { runs });
    const found = violations(takeCensus(memory, registers["CR3"]!));
    assert.equal(found.length, 1);
    assert.match(found[0]!, /writable alias of code/);
  }
});

test("the processor's protections are on", async (t) => {
  for (const accelerator of await accelerators(t)) {
    const { registers } = await look(accelerator);
    const isOn = (register: string, bit: number) => ((registers[register]! >> BigInt(bit)) & 1n) === 1n;
    assert.ok(isOn("CR0", 16), "WP");
    assert.ok(isOn("EFER", 11), "NXE");
    assert.ok(isOn("CR4", 20), "SMEP");
    assert.ok(isOn("CR4", 21), "SMAP");
    assert.ok(isOn("CR4", 11), "UMIP");
  }
});
