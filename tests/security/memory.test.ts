/** What ring 3 may not do to memory, tried from inside a guest; beside each attempt the same with the protection off. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import {
  BootInformation,
  ConsoleStream,
  KEEL_PANIC_STATUS,
  KeelCall,
  UpcallFrame,
} from "../../src/abi/boot.ts";
import { MemoryHeader } from "../../src/abi/object.ts";
import {
  accelerators,
  boot,
  Guest,
  guestImage,
  guestRuns,
  Place,
  type BootResult,
  type GuestProgram,
} from "../../src/keel/guest.harness.ts";
import { RunAccess, type KeelImage } from "../../src/keel/image-table.ts";
import { Window } from "../../src/keel/layout.ts";
import { CALL, CMP64 } from "../../src/x64/tables/index.ts";
import { ABSENT } from "../../src/x64/encoder.ts";
import { Condition, RAX, RBX, RCX, RDI, RDX, RSI, RSP } from "../../src/x64/register.ts";

const ALLOWED = 1;
/** Page fault error codes (Intel SDM 3, 4.7). */
const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const FETCH = 16;
/** Exit status of a program whose attempt faulted: this plus the error code. */
const FAULTED = 32;

async function attempt(
  t: TestContext,
  act: (a: GuestProgram) => void,
  change: Partial<KeelImage> = {},
): Promise<number[]> {
  const elf = guestImage((a) => {
    const handler = a.label();
    a.onUpcall(handler);
    act(a);
    a.exit(ALLOWED);
    a.bind(handler);
    a.load(RDI, RDI, UpcallFrame.Error);
    a.addConstant(RDI, FAULTED);
    a.keelCall(KeelCall.Exit);
  }, change);
  const results: BootResult[] = [];
  for (const accelerator of await accelerators(t)) results.push(await boot(elf, { accelerator }));
  return results.map(({ status, errors }) => status ?? assert.fail(errors));
}

async function mustFault(
  t: TestContext,
  error: number,
  act: (a: GuestProgram) => void,
  open: Readonly<Partial<Record<Place, RunAccess>>> | undefined,
): Promise<void> {
  for (const status of await attempt(t, act)) assert.equal(status, FAULTED + error);
  if (open === undefined) return;
  for (const status of await attempt(t, act, { runs: guestRuns(open) })) assert.equal(status, ALLOWED);
}

function address(a: GuestProgram, place: Place): void {
  a.windowBase(RAX, Guest.Image);
  a.addConstant(RAX, place);
}
const store = (a: GuestProgram) => a.store(RAX, 0, RAX);
const run = (a: GuestProgram) => a.r(CALL, RAX);
const RET = 0xc3;

test("code cannot be written", async (t) => {
  const write = (a: GuestProgram) => (address(a, Place.UnusedCode), store(a));
  await mustFault(t, PRESENT | WRITE | USER, write, { [Place.UnusedCode]: RunAccess.Write });
});

test("data, heap and stack cannot be run", async (t) => {
  const data = (a: GuestProgram) => {
    address(a, Place.Data);
    a.addConstant(RAX, 1024); // beside the upcall's frame
    a.set(RCX, RET);
    a.store(RAX, 0, RCX);
    run(a);
  };
  await mustFault(t, PRESENT | FETCH | USER, data, undefined);
  const heap = (a: GuestProgram) => {
    a.windowBase(RAX, Guest.Heap);
    store(a);
    run(a);
  };
  await mustFault(t, PRESENT | FETCH | USER, heap, undefined);
  const stack = (a: GuestProgram) => {
    a.address(RAX, RSP, -64);
    store(a);
    run(a);
  };
  await mustFault(t, PRESENT | FETCH | USER, stack, undefined);
});

test("constants cannot be written or run", async (t) => {
  const write = (a: GuestProgram) => (address(a, Place.Constants), store(a));
  await mustFault(t, PRESENT | WRITE | USER, write, { [Place.Constants]: RunAccess.Write });
  const execute = (a: GuestProgram) => (address(a, Place.Constants), run(a));
  await mustFault(t, PRESENT | FETCH | USER, execute, { [Place.Constants]: RunAccess.Execute });
});

test("nothing is at address 0: no read, no write, no code", async (t) => {
  const at = (act: (a: GuestProgram) => void) => (a: GuestProgram) => (a.set(RAX, 0), act(a));
  await mustFault(
    t,
    USER,
    at((a) => a.load(RAX, RAX)),
    undefined,
  );
  await mustFault(t, WRITE | USER, at(store), undefined);
  await mustFault(t, FETCH | USER, at(run), undefined);
});

test("below a stack there is a guard of 1 MiB", async (t) => {
  const below = (distance: number) => (a: GuestProgram) => {
    a.windowBase(RAX, Guest.Stack);
    a.store(RAX, -distance, RAX);
  };
  await mustFault(t, WRITE | USER, below(8), undefined);
  await mustFault(t, WRITE | USER, below(1024 * 1024), undefined);
  for (const status of await attempt(t, (a) => (a.windowBase(RAX, Guest.Stack), store(a)))) {
    assert.equal(status, ALLOWED);
  }
});

test("an overflow of the keel's own stack is reported", async (t) => {
  const elf = Buffer.from(
    guestImage((a) => {
      a.set(RDI, Guest.Heap);
      a.keelCall(KeelCall.CountPages);
      a.exit(ALLOWED);
    }),
  );
  // The call's last instructions, mov rax, [rdi + Window.Pages], mov rdx, [rdi + Window.Base] and ret, become a call of
  // itself.
  const tail = Buffer.from([0x48, 0x8b, 0x47, Window.Pages, 0x48, 0x8b, 0x57, Window.Base, RET]);
  const at = elf.indexOf(tail);
  assert.equal(elf.indexOf(tail, at + 1), -1);
  for (const accelerator of await accelerators(t))
    assert.equal((await boot(elf, { accelerator })).status, ALLOWED);
  elf.set([0xe8, 0xfb, 0xff, 0xff, 0xff], at);
  for (const accelerator of await accelerators(t)) {
    const { status, errors } = await boot(elf, { accelerator });
    assert.match(errors, /the keel faulted: vector 0000000000000008,/);
    assert.equal(status, KEEL_PANIC_STATUS);
  }
});

test("memory that is used again holds no byte of its last user", async (t) => {
  const SECRET = 0x5ec2e7;
  const PAGES = 256;
  const reuse = (a: GuestProgram) => {
    const [fill, look, found] = [a.label(), a.label(), a.label()];
    a.windowBase(RBX, Guest.Heap);
    a.set(RAX, SECRET);
    a.set(RCX, PAGES);
    a.bind(fill);
    for (let at = 0; at < 4096; at += 1024) a.store(RBX, at, RAX);
    a.addConstant(RBX, 4096);
    a.addConstant(RCX, -1);
    a.branch(Condition.NotEqual, fill);
    a.set(RDI, Guest.Heap);
    a.keelCall(KeelCall.Discard);
    a.windowBase(RBX, Guest.Memory);
    a.set(RAX, (PAGES + 1) * 4096);
    a.store(RBX, MemoryHeader.Bytes, RAX);
    a.set(RCX, PAGES);
    a.set(RAX, SECRET);
    a.bind(look);
    a.addConstant(RBX, 4096);
    for (let at = 0; at < 4096; at += 1024) {
      a.rm(CMP64.rmReg, RAX, RBX, ABSENT, 1, at);
      a.branch(Condition.Equal, found);
    }
    a.addConstant(RCX, -1);
    a.branch(Condition.NotEqual, look);
    a.exit(ALLOWED);
    a.bind(found);
    a.exit(2);
  };
  for (const status of await attempt(t, reuse)) assert.equal(status, ALLOWED);
  // Without the zeroing in the keel, the secret is there.
  const elf = guestImage(reuse);
  const zeroing = Buffer.from([0xf3, 0x48, 0xab]);
  const bytes = Buffer.from(elf);
  const at = bytes.lastIndexOf(zeroing);
  assert.notEqual(at, bytes.indexOf(zeroing), "one zeroes tables, one pages");
  bytes.fill(0x90, at, at + zeroing.length);
  if ((await accelerators(t)).length > 0) assert.equal((await boot(bytes)).status, 2);
});

test("every window's base has at least 19 random bits", async (t) => {
  if ((await accelerators(t)).length === 0) return;
  const BOOTS = process.env["SKERRY_LONG"] === "1" ? 256 : 64;
  const BITS = 19;
  const elf = guestImage((a) => {
    a.address(RSI, 12, BootInformation.Windows);
    a.set(RDX, Guest.Count * 8);
    a.set(RDI, ConsoleStream.Errors);
    a.keelCall(KeelCall.ConsoleWrite);
    a.exit(0);
  });
  const bases: bigint[][] = Array.from({ length: Guest.Count }, () => []);
  for (let count = 0; count < BOOTS; count++) {
    const { errors } = await boot(elf);
    const view = new DataView(Uint8Array.from(errors, (character) => character.charCodeAt(0)).buffer);
    bases.forEach((drawn, window) => drawn.push(view.getBigUint64(window * 8, true)));
  }
  for (const drawn of bases) {
    assert.ok(new Set(drawn).size >= BOOTS - 1, "hardly ever the same twice");
    for (let bit = 21; bit < 21 + BITS; bit++) {
      const ones = drawn.filter((base) => ((base >> BigInt(bit)) & 1n) === 1n).length;
      // Five standard deviations of a fair coin.
      assert.ok(Math.abs(ones - BOOTS / 2) < 2.5 * Math.sqrt(BOOTS), `bit ${bit}: ${ones} of ${BOOTS}`);
    }
  }
});
