import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { KeelCall, OUT_OF_MEMORY, TIMER_VECTOR, UpcallFrame } from "../abi/boot.ts";
import { MemoryHeader } from "../abi/object.ts";
import { ABSENT } from "../x64/encoder.ts";
import { Condition, R13, RAX, RBX, RCX, RDI, RDX, RSI, RSP } from "../x64/register.ts";
import { AND32, INT3, LEA64, MOV8, PAUSE, TEST32, UD2 } from "../x64/tables/index.ts";
import {
  accelerators,
  boot,
  CONSTANT_TEXT,
  Guest,
  guestImage,
  HEAP_BYTES,
  MANY,
  Place,
  type BootResult,
  type GuestProgram,
} from "./guest.harness.ts";
import { PAGE_BYTES } from "./layout.ts";

const EXPECTED = 7;

/** Runs a program on every accelerator there is. Without QEMU there is nothing to test. */
async function onEach(
  t: TestContext,
  write: (a: GuestProgram) => void,
  check: (result: BootResult) => void,
  memory = "32M",
): Promise<void> {
  const elf = guestImage(write);
  for (const accelerator of await accelerators(t)) check(await boot(elf, { accelerator, memory }));
}

/** The handler's end: exits with `EXPECTED` if vector and error code are those, else with the vector. */
function expectFault(a: GuestProgram, handler: number, vector: number, error?: number): void {
  const wrong = a.label();
  a.bind(handler);
  a.move(RBX, RDI);
  a.load(RAX, RBX, UpcallFrame.Vector);
  a.compareConstant(RAX, vector);
  a.branch(Condition.NotEqual, wrong);
  if (error !== undefined) {
    a.load(RCX, RBX, UpcallFrame.Error);
    a.compareConstant(RCX, error);
    a.branch(Condition.NotEqual, wrong);
  }
  a.exit(EXPECTED);
  a.bind(wrong);
  a.addConstant(RAX, 0x20);
  a.move(RDI, RAX);
  a.keelCall(KeelCall.Exit);
}

const exits = ({ status, errors }: BootResult) => assert.equal(status, EXPECTED, errors);

/** A program that must fault. */
function faulting(vector: number, error: number | undefined, act: (a: GuestProgram) => void) {
  return (a: GuestProgram): void => {
    const handler = a.label();
    a.onUpcall(handler);
    act(a);
    a.exit(1);
    expectFault(a, handler, vector, error);
  };
}

test("a program prints, sleeps and ends with its status", async (t) => {
  await onEach(
    t,
    (a) => {
      a.print("one\n");
      a.set(RDI, 20_000_000);
      a.keelCall(KeelCall.Idle);
      a.print("two\n");
      a.exit(EXPECTED);
    },
    (result) => {
      exits(result);
      assert.equal(result.output.replaceAll("\r", ""), "one\ntwo\n");
    },
  );
});

test("a processor without what x86-64-v2 has is refused with a message", async (t) => {
  if ((await accelerators(t)).length === 0) return;
  const elf = guestImage((a) => a.exit(EXPECTED));
  const { status, errors } = await boot(elf, { cpu: "qemu64" });
  assert.equal(status, 71);
  assert.match(errors, /this processor lacks .*x86-64-v2.*-cpu max/);
  const nehalem = await boot(elf, { cpu: "Nehalem" });
  assert.equal(nehalem.status, EXPECTED, "the least that will do boots");
});

test("ring 3 hears of its own faults, and of the keel's pages as of any", async (t) => {
  await onEach(
    t,
    faulting(6, 0, (a) => a.none(UD2)),
    exits,
  );
  await onEach(
    t,
    faulting(13, 0, (a) => a.raw([0xf4])), // hlt
    exits,
  );
  await onEach(
    t,
    faulting(14, undefined, (a) => {
      a.set(RAX, -4096);
      a.load(RAX, RAX);
    }),
    exits,
  );
});

test("a keel call from anywhere but its listed place is refused", async (t) => {
  await onEach(
    t,
    faulting(3, 0, (a) => {
      a.set(RDI, 1);
      a.set(RAX, KeelCall.Exit);
      a.none(INT3);
    }),
    exits,
  );
  await onEach(
    t,
    faulting(3, 0, (a) => {
      // From a listed place, with another call's number: it jumps into the routine behind the number.
      a.set(RDI, 1);
      a.keelCall(KeelCall.CountPages);
      a.ripLabel(LEA64, RCX, a.sites.get(KeelCall.CountPages)!);
      a.set(RAX, KeelCall.Exit);
      a.addConstant(RCX, 5);
      a.raw([0xff, 0xd1]);
    }),
    exits,
  );
});

test("pages are given when touched, zeroed, until there are no more", async (t) => {
  await onEach(
    t,
    (a) => {
      const bad = a.label();
      a.windowBase(RBX, Guest.Heap);
      a.load(RAX, RBX, 8);
      a.test(RAX);
      a.branch(Condition.NotEqual, bad);
      a.store(RBX, 5 * 4096, RSP);
      a.set(RDI, Guest.Heap);
      a.keelCall(KeelCall.CountPages);
      a.compareConstant(RAX, 2);
      a.branch(Condition.NotEqual, bad);
      a.exit(EXPECTED);
      a.bind(bad);
      a.exit(1);
    },
    exits,
  );
  await onEach(
    t,
    (a) => {
      const handler = a.label();
      const next = a.label();
      a.onUpcall(handler);
      a.windowBase(RBX, Guest.Heap);
      a.set(RCX, HEAP_BYTES / 4096);
      a.bind(next);
      a.store(RBX, 0, RBX);
      a.addConstant(RBX, 4096);
      a.addConstant(RCX, -1);
      a.branch(Condition.NotEqual, next);
      a.exit(1);
      a.bind(handler);
      // The stack, a window of the kernel's, still gets pages.
      a.move(RBX, RDI);
      a.windowBase(RAX, Guest.Stack);
      a.store(RAX, 0, RAX);
      a.load(RAX, RBX, UpcallFrame.Error);
      a.ri(TEST32.rmImm32, RAX, OUT_OF_MEMORY);
      const bad = a.label();
      a.branch(Condition.Equal, bad);
      a.exit(EXPECTED);
      a.bind(bad);
      a.exit(2);
    },
    exits,
    "8M",
  );
});

test("a memory ends where its header says", async (t) => {
  const memory = (a: GuestProgram, bytes: number) => {
    a.windowBase(RBX, Guest.Memory);
    a.set(RAX, bytes);
    a.store(RBX, MemoryHeader.Bytes, RAX);
  };
  await onEach(
    t,
    (a) => {
      memory(a, 65536);
      a.store(RBX, 65528, RBX);
      a.exit(EXPECTED);
    },
    exits,
  );
  await onEach(
    t,
    faulting(14, 6, (a) => {
      memory(a, 65536);
      a.store(RBX, 65536, RBX);
    }),
    exits,
  );
});

test("what the image holds is copied when written, and back after a discard", async (t) => {
  await onEach(
    t,
    (a) => {
      const bad = a.label();
      const first = CONSTANT_TEXT.charCodeAt(0);
      const expect = (value: number) => {
        a.rm(MOV8.regRm, RAX, RBX, ABSENT, 1, 0);
        a.raw([0x3c, value]); // cmp al
        a.branch(Condition.NotEqual, bad);
      };
      a.windowBase(RBX, Guest.Memory);
      a.set(RAX, 65536);
      a.store(RBX, MemoryHeader.Bytes, RAX);
      expect(first);
      a.mi(MOV8.rmImm8, RBX, ABSENT, 1, 0, 0x41);
      a.store(RBX, 8192, RSP);
      expect(0x41);
      // The image's own page is as it was.
      a.windowBase(R13, Guest.Image);
      a.rm(MOV8.regRm, RAX, R13, ABSENT, 1, Place.Constants);
      a.raw([0x3c, first]);
      a.branch(Condition.NotEqual, bad);
      a.set(RDI, Guest.Memory);
      a.keelCall(KeelCall.Discard);
      a.set(RAX, 65536);
      a.store(RBX, MemoryHeader.Bytes, RAX);
      expect(first);
      a.load(RAX, RBX, 8192);
      a.test(RAX);
      a.branch(Condition.NotEqual, bad);
      a.exit(EXPECTED);
      a.bind(bad);
      a.exit(1);
    },
    exits,
  );
});

test("of a window that is there many times the keel tells what is mapped, and what was written", async (t) => {
  const elf = guestImage(
    (a) => {
      const bad = a.label();
      a.windowBase(RBX, Guest.Memory);
      a.set(RAX, 65536);
      a.store(RBX, MemoryHeader.Bytes, RAX);
      a.load(RAX, RBX);
      a.store(RBX, 2 * PAGE_BYTES, RAX);
      a.set(RDI, Guest.Memory);
      a.set(RSI, 4);
      a.windowBase(RDX, Guest.Image);
      a.addConstant(RDX, Place.Data);
      a.keelCall(KeelCall.TellEntries);
      a.windowBase(RBX, Guest.Image);
      a.load32(RAX, RBX, Place.Data);
      // Present and written bits: the header's page, one that was read, one that was not touched, one that was written.
      a.ri(AND32.rmImm32, RAX, 0x03030303);
      a.compareConstant(RAX, 0x03000103);
      a.branch(Condition.NotEqual, bad);
      a.exit(EXPECTED);
      a.bind(bad);
      a.exit(1);
    },
    { replicas: MANY },
  );
  for (const accelerator of await accelerators(t)) exits(await boot(elf, { accelerator }));
});

test("a loop is interrupted, and goes on where it was", async (t) => {
  await onEach(
    t,
    (a) => {
      const handler = a.label();
      const again = a.label();
      a.onUpcall(handler);
      a.set(RDI, 0);
      a.keelCall(KeelCall.Idle);
      a.windowBase(RBX, Guest.Heap);
      a.set(R13, 0x1234);
      a.bind(again);
      a.none(PAUSE);
      a.load(RAX, RBX);
      a.compareConstant(RAX, 2);
      a.branch(Condition.Below, again);
      a.compareConstant(R13, 0x1234);
      const bad = a.label();
      a.branch(Condition.NotEqual, bad);
      a.exit(EXPECTED);
      a.bind(bad);
      a.exit(1);
      a.bind(handler);
      a.load(RAX, RDI, UpcallFrame.Vector);
      a.compareConstant(RAX, TIMER_VECTOR);
      a.branch(Condition.NotEqual, bad);
      a.set(R13, 0);
      a.load(RAX, RBX);
      a.addConstant(RAX, 1);
      a.store(RBX, 0, RAX);
      a.keelCall(KeelCall.Resume);
    },
    exits,
  );
});
