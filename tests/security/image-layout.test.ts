/**
 * The address space of running servers, looked at from outside: who has which pages, where code can be found, and
 * whether anybody could have known.
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { inspectImage } from "../../src/audit/inspect.ts";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { accelerators, type Accelerator } from "../../src/keel/guest.harness.ts";
import { KeelPage, PAGE_BYTES } from "../../src/keel/layout.ts";
import { PHYSICAL_BASE } from "../../src/platform/bare/image.ts";
import type { NativeProgram } from "../../src/targets/target.ts";
import { dumpGuest, type GuestMemory } from "./guest-memory.ts";
import { freePort } from "../../tools/free-port.ts";
import { answers, NETWORK_CONFIGURATION, networkWords } from "./guest-network.ts";
import { countPointers, guestWindows, pagesOf, toldBases, type GuestWindow } from "./guest-windows.ts";
import { takeCensus, violations } from "./page-tables.ts";
import { kernelImports } from "./probe-text.ts";
import { IS_LONG, linkPlan, machineHost, planProbe, type WholeProgram } from "./whole-image.ts";

const MEMORY_MIB = 32;
const MIB = 1024 * 1024;
const REQUESTS = 20;

/** A server that has answered, with QEMU's own network before it. */
async function look(accelerator: Accelerator, program: Pick<NativeProgram, "elf">): Promise<GuestMemory> {
  const port = await freePort();
  let found: GuestMemory | undefined;
  const ran = await machineHost(accelerator).run(program, {
    configuration: NETWORK_CONFIGURATION,
    memory: `${MEMORY_MIB}M`,
    more: [...networkWords(port), "-device", "virtio-rng-device"],
    whileRunning: async (monitor, file) => {
      await answers(port, REQUESTS);
      found = await dumpGuest(monitor, file, MEMORY_MIB * MIB, "quit");
    },
  });
  return found ?? assert.fail(ran.errors);
}

const servers = new Map<string, ReturnType<typeof buildServer>>();

function server(name: string): ReturnType<typeof buildServer> {
  const known = servers.get(name) ?? buildServer(name);
  servers.set(name, known);
  return known;
}

async function buildServer(name: string) {
  const image = await buildImage(path.resolve(import.meta.dirname, `../apps/${name}.ts`));
  return buildNativeImage(image, "bare");
}

/** Looked at once a boot; under the accelerator that is there first, which does not change what is mapped. */
const looks = new Map<string, Promise<GuestMemory>>();

async function lookAt(t: TestContext, name: string, boot = 0): Promise<Looked | undefined> {
  const [accelerator] = await accelerators(t);
  if (accelerator === undefined) return undefined;
  const program = await server(name);
  const key = `${name} ${boot}`;
  const looked = looks.get(key) ?? look(accelerator, program);
  looks.set(key, looked);
  const guest = await looked;
  return { guest, program, windows: guestWindows(guest, program.linked) };
}

interface Looked {
  readonly guest: GuestMemory;
  readonly program: WholeProgram;
  readonly windows: readonly GuestWindow[];
}

/** Rules for frames, besides those for single mappings. */
function frameViolations({ memory, registers }: GuestMemory, windows: readonly GuestWindow[]): string[] {
  const { mappings, tables } = takeCensus(memory, registers["CR3"]!);
  const found: string[] = [];
  const isPinned = (frame: bigint) =>
    windows.some(({ pinnedStart, pinnedEnd }) => frame >= pinnedStart && frame < pinnedEnd);
  for (const table of tables) {
    if (isPinned(table)) found.push(`a device may write the page table ${table.toString(16)}`);
  }
  const writable = new Set<bigint>();
  for (const { frame, address, canWrite, isUser } of mappings) {
    const home = windows.find(({ start, end }) => address >= start && address < end);
    if (isPinned(frame) && home?.kind !== "memory") found.push(`${address.toString(16)} shows pinned bytes`);
    if (!isUser || frame >= BigInt(MEMORY_MIB * MIB)) continue;
    if (home === undefined) found.push(`${address.toString(16)} is no window's`);
    if (canWrite && writable.has(frame)) found.push(`${frame.toString(16)} is written at two addresses`);
    if (canWrite) writable.add(frame);
  }
  return found;
}

const pageOf = (address: number) => address - (address % PAGE_BYTES);

function pagesBetween(start: number, end: number): number[] {
  const pages: number[] = [];
  for (let page = pageOf(start); page < end; page += PAGE_BYTES) pages.push(page);
  return pages;
}

for (const name of ["native-server", "script-server"]) {
  test(`${name}: every mapping keeps the rules, and no page table is in a device's or ring 3's reach`, async (t) => {
    const looked = await lookAt(t, name);
    if (looked === undefined) return;
    const { guest, windows } = looked;
    assert.deepEqual(violations(takeCensus(guest.memory, guest.registers["CR3"]!)), []);
    assert.deepEqual(frameViolations(guest, windows), []);
    const pinning = windows.filter(({ pinnedStart, pinnedEnd }) => pinnedEnd > pinnedStart);
    assert.equal(pinning.length, 1, "the kernel's memory, which devices write to");
    // Were a table among the pinned frames, it would be found.
    const pml4 = PHYSICAL_BASE + KeelPage.Pml4 * PAGE_BYTES;
    const moved = windows.map((one) => ({ ...one, pinnedStart: pml4, pinnedEnd: pml4 + PAGE_BYTES }));
    assert.match(frameViolations(guest, moved).join(), /may write the page table/);
  });

  test(`${name}: what may be executed is what the image says, in every frame`, async (t) => {
    const looked = await lookAt(t, name);
    if (looked === undefined) return;
    const { mappings } = takeCensus(looked.guest.memory, looked.guest.registers["CR3"]!);
    const executed = mappings.filter(({ canExecute }) => canExecute);
    const frames = executed.flatMap(({ frame, sizeBytes }) => {
      return Array.from(
        { length: Number(sizeBytes) / PAGE_BYTES },
        (_, page) => Number(frame) + page * PAGE_BYTES,
      );
    });
    const { executable } = inspectImage(looked.program.elf);
    const said = new Set(
      executable.ranges.flatMap(({ address, sizeBytes }) => pagesBetween(address, address + sizeBytes)),
    );
    assert.deepEqual([...new Set(frames)].sort(), [...said].sort());
    assert.equal(said.size * PAGE_BYTES, executable.mappedBytes);
    // The keel's pages are ring 0's, all others ring 3's.
    const keel = new Set(
      executable.ranges
        .filter(({ owner }) => owner === "keel")
        .flatMap(({ address, sizeBytes }) => pagesBetween(address, address + sizeBytes)),
    );
    for (const { frame, isUser } of executed)
      assert.equal(isUser, !keel.has(Number(frame)), frame.toString(16));
  });

  test(`${name}: no linear memory holds a return address, or any other address of code`, async (t) => {
    for (let boot = 0; boot < BOOTS_LIMIT; boot++) {
      const looked = await lookAt(t, name, boot);
      if (looked === undefined) return;
      assert.ok(
        countCodeAddresses(looked, "stack").some((found) => found > 0),
        "the same look finds them on stacks",
      );
      if (countCodeAddresses(looked, "memory").every((found) => found === 0)) return;
    }
    assert.fail(`there are some in each of ${BOOTS_LIMIT} boots`);
  });
}

/** Numbers that mean something else may look like addresses of code, in one boot: the next has other bases. */
const BOOTS_LIMIT = 3;

/** By window of a kind. */
function countCodeAddresses({ guest, windows, program }: Looked, kind: GuestWindow["kind"]): number[] {
  const { code } = program.linked.sections;
  const start = windows[0]!.base + BigInt(code.address);
  const end = start + BigInt(code.sizeBytes);
  return windows
    .filter((window) => window.kind === kind)
    .map((window) => {
      const pages = pagesOf(guest, window);
      assert.ok(pages.length > 0 || kind === "table", `nothing of a ${kind} is there`);
      return countPointers(guest, pages, start, end);
    });
}

test("each boot places windows elsewhere, and ring 3 is told the places that are", async (t) => {
  const [accelerator] = await accelerators(t);
  if (accelerator === undefined) return;
  const boots = IS_LONG ? 256 : 8;
  const kernel = `${kernelImports("write", "exit", "idle", "monotonic")} (memory (export "memory") 1)
    (func (export "start") (call $write (i32.const 1) (i32.const 0) (i32.const 1)))
    (func (export "run") (loop $again (call $idle (i64.const 5000000000)) (br $again)))`;
  const program = linkPlan(planProbe({ kernel }), "bare");
  const drawn: bigint[][] = [];
  for (let count = 0; count < boots; count++) {
    await machineHost(accelerator).run(program, {
      whileRunning: async (monitor, file) => {
        const guest = await dumpGuest(monitor, file, 2 * MIB, "quit");
        const bases = guestWindows(guest, program.linked).map(({ base }) => base);
        assert.deepEqual(bases, toldBases(guest, bases.length));
        drawn.push(bases);
      },
    });
  }
  for (const number of drawn[0]!.keys()) {
    const different = new Set(drawn.map((bases) => bases[number]!));
    assert.ok(different.size >= boots - 1, "hardly ever the same twice");
  }
  // Without a random source they are the same each time.
  const fixed = new Set<string>();
  for (let count = 0; count < 2; count++) {
    await machineHost("tcg").run(program, {
      cpu: "Nehalem",
      whileRunning: async (monitor, file) => {
        const guest = await dumpGuest(monitor, file, 2 * MIB, "quit");
        fixed.add(toldBases(guest, drawn[0]!.length).join());
      },
    });
  }
  assert.equal(fixed.size, 1);
});
