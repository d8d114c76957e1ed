/** What code of ring 3 that has gone wrong may try on the keel: flags, addresses and pages that no program of ours has. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { KEEL_PANIC_STATUS, KeelCall, UpcallFrame } from "../abi/boot.ts";
import { MemoryHeader } from "../abi/object.ts";
import { Condition, R13, RAX, RBX, RCX, RDI, RDX, RSI } from "../x64/register.ts";
import { MOV64, STD } from "../x64/tables/index.ts";
import {
  accelerators,
  boot,
  Guest,
  guestImage,
  MANY,
  PHYSICAL_BASE,
  Place,
  type GuestProgram,
} from "./guest.harness.ts";
import type { KeelImage } from "./image-table.ts";
import { PAGE_BYTES } from "./layout.ts";

const EXPECTED = 7;
const BREAKPOINT = 3;
const LARGE_PAGE_BYTES = 2 * 2 ** 20;

async function onEach(
  t: TestContext,
  write: (a: GuestProgram) => void,
  { memory = "32M", count = Infinity, expected = EXPECTED, change = {} as Partial<KeelImage> } = {},
): Promise<void> {
  const elf = guestImage(write, change);
  for (const accelerator of (await accelerators(t)).slice(0, count)) {
    const { status, errors } = await boot(elf, { accelerator, memory });
    assert.equal(status, expected, errors);
  }
}

function set64(a: GuestProgram, to: number, value: bigint): void {
  a.ri64(MOV64.regImm64, to, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
}

/** `act` is told as a fault with `vector`. */
function refused(vector: number, act: (a: GuestProgram) => void) {
  return (a: GuestProgram): void => {
    const [handler, wrong] = [a.label(), a.label()];
    a.onUpcall(handler);
    act(a);
    a.exit(1);
    a.bind(handler);
    a.load(RAX, RDI, UpcallFrame.Vector);
    a.compareConstant(RAX, vector);
    a.branch(Condition.NotEqual, wrong);
    a.exit(EXPECTED);
    a.bind(wrong);
    a.exit(2);
  };
}

test("the direction flag of ring 3 does not turn what the keel zeroes", async (t) => {
  await onEach(t, (a) => {
    const bad = a.label();
    a.windowBase(RBX, Guest.Heap);
    a.none(STD);
    a.store(RBX, 0, RBX);
    a.load(RAX, RBX, PAGE_BYTES - 8);
    a.test(RAX);
    a.branch(Condition.NotEqual, bad);
    a.exit(EXPECTED);
    a.bind(bad);
    a.exit(1);
  });
});

test("no frame is mapped for a device by an address that an entry cuts", async (t) => {
  for (const bit of [63n, 62n, 52n]) {
    const act = (a: GuestProgram): void => {
      set64(a, RDI, (1n << bit) | BigInt(PHYSICAL_BASE));
      a.set(RSI, 0);
      a.keelCall(KeelCall.MapDevice);
    };
    await onEach(t, refused(BREAKPOINT, act));
  }
});

test("entries are told of no pages but the window's, and to no address of the keel's", async (t) => {
  const least = 1n;
  const beyond = 1n << 21n;
  const calls: readonly (readonly [window: number, pages: bigint, address: bigint])[] = [
    [Guest.Memory, 0n, 0n],
    [Guest.Memory, beyond, 0n],
    [Guest.Memory, -1n, 0n],
    [Guest.Count + 2, least, 0n],
    [Guest.Memory, least, 0xffff_c000_0000_0000n],
    [Guest.Memory, least, (1n << 47n) - 1n],
    [Guest.Memory, least, -1n],
  ];
  for (const [window, pages, address] of calls) {
    const act = (a: GuestProgram): void => {
      a.set(RDI, window);
      set64(a, RSI, pages);
      a.windowBase(RDX, Guest.Image);
      a.addConstant(RDX, Place.Data);
      if (address !== 0n) set64(a, RDX, address);
      a.keelCall(KeelCall.TellEntries);
    };
    await onEach(t, refused(BREAKPOINT, act), { change: { replicas: MANY }, count: 1 });
  }
});

test("the upcall's frame is no address of the keel's", async (t) => {
  const set = (a: GuestProgram): void => {
    set64(a, RDI, 0xffff_c000_0000_0000n);
    a.keelCall(KeelCall.SetUpcall);
    a.exit(1);
  };
  // Refused, and there is nobody yet to be told.
  await onEach(t, set, { expected: KEEL_PANIC_STATUS });
});

/** Half of a small machine's frames become tables. They are there again for the next half. */
test("tables go with the pages that are taken back", async (t) => {
  const touched = 700;
  await onEach(
    t,
    (a) => {
      const [round, next, handler] = [a.label(), a.label(), a.label()];
      a.onUpcall(handler);
      a.windowBase(RBX, Guest.Memory);
      a.move(RDX, RBX);
      a.set(R13, 2);
      a.bind(round);
      set64(a, RAX, 1n << 32n);
      a.store(RBX, MemoryHeader.Bytes, RAX);
      a.set(RCX, touched);
      a.bind(next);
      a.store(RDX, 0, RAX);
      a.addConstant(RDX, LARGE_PAGE_BYTES);
      a.addConstant(RCX, -1);
      a.branch(Condition.NotEqual, next);
      a.push(RDX);
      a.set(RDI, Guest.Memory);
      a.keelCall(KeelCall.Discard);
      a.pop(RDX);
      a.addConstant(R13, -1);
      a.branch(Condition.NotEqual, round);
      a.exit(EXPECTED);
      a.bind(handler);
      a.exit(3);
    },
    // Under a hypervisor within another, each new table takes milliseconds.
    { memory: "8M", count: 1 },
  );
});
