/**
 * A network driver that an attacker has taken over: a kernel that uses `device.*` as badly as it can, on a whole image.
 * It makes no device write where it was not allowed to, and page tables stay as they are.
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import { QUEUE_SIZE_LIMIT } from "../../src/abi/platform.ts";
import { accelerators } from "../../src/keel/guest.harness.ts";
import { KeelPage, PAGE_BYTES } from "../../src/keel/layout.ts";
import { PHYSICAL_BASE } from "../../src/platform/bare/image.ts";
import { dumpGuest } from "./guest-memory.ts";
import { takeCensus, violations } from "./page-tables.ts";
import { ENDS, kernelImports, type KernelImport } from "./probe-text.ts";
import { linkPlan, machineHost, planProbe, showRecords, type Host, type Ran } from "./whole-image.ts";

const MEMORY_PAGES = 4;
const MEMORY_BYTES = MEMORY_PAGES * 65536;
const PINNED = 65536;
const PINNED_BYTES = 65536;
const PINNED_END = PINNED + PINNED_BYTES;
const AVAILABLE = PINNED;
const USED = PINNED + 4096;
const BUFFER = PINNED + 8192;
/** Of the queue that is open: what QEMU's entropy device has. */
const QUEUE_SIZE = 8;
const LAST = 0xffff_ffff;

const NAMES: readonly KernelImport[] = [
  ...(["write", "exit", "idle", "monotonic", "count", "readRegister", "readConfiguration"] as const),
  ...(["writeRegister", "pin", "openQueue", "describe", "notify", "watch"] as const),
];
const ENTROPY_DEVICE = ["-device", "virtio-rng-device"];

/** `acts` come after a driver's usual beginning, with queue 0 of device 0 open. */
const driver = (
  acts: string,
  run = ENDS,
) => `${kernelImports(...NAMES)} (memory (export "memory") ${MEMORY_PAGES})
  (func $print (param i32)
    (i32.store8 (i32.const 0) (local.get 0)) (call $write (i32.const 1) (i32.const 0) (i32.const 1)))
  (func $status (param i32) (call $writeRegister (i32.const 0) (i32.const 0x70) (local.get 0)))
  (func $features (param i32 i32)
    (call $writeRegister (i32.const 0) (i32.const 0x24) (local.get 0))
    (call $writeRegister (i32.const 0) (i32.const 0x20) (local.get 1)))
  (func $begin
    (if (i32.ne (call $pin (i32.const ${PINNED}) (i32.const ${PINNED_BYTES})) (i32.const ${PINNED_BYTES}))
      (then (call $print (i32.const 63))))
    (call $status (i32.const 0)) (call $status (i32.const 3))
    (call $features (i32.const 0) (i32.const 0)) (call $features (i32.const 1) (i32.const 1))
    (call $status (i32.const 11))
    (if ${open({})} (then (call $print (i32.const 63))))
    (call $status (i32.const 15)))
  (func (export "start") (call $begin) ${acts} (call $print (i32.const 46)))
  ${run}`;

interface Opened {
  readonly device?: number;
  readonly index?: number;
  readonly size?: number;
  readonly available?: number;
  readonly used?: number;
}

function open({
  device = 0,
  index = 0,
  size = QUEUE_SIZE,
  available = AVAILABLE,
  used = USED,
}: Opened): string {
  return `(call $openQueue ${numbers(device, index, size, available, used)})`;
}
const describe = (
  pointer: number,
  bytes: number,
  more: { queue?: number; at?: number; next?: number } = {},
) => `(call $describe ${numbers(more.queue ?? 0, more.at ?? 0, pointer, bytes, 0, more.next ?? 0)})`;
const numbers = (...values: readonly number[]) => values.map((value) => `(i32.const ${value})`).join(" ");
const opens = (opened: Opened) => `(drop ${open(opened)})`;
const writes = (register: number, device = 0) => `(call $writeRegister ${numbers(device, register, 1)})`;
const reads = (register: number, device = 0) => `(drop (call $readRegister ${numbers(device, register)}))`;

const watches = (pointer: number) => `(drop (call $watch ${numbers(pointer, 0, 3)}))`;

const ENDING: readonly string[] = [
  describe(PINNED - 1, 1),
  describe(0, 1),
  describe(PINNED_END, 1),
  describe(PINNED, PINNED_BYTES + 1),
  describe(PINNED_END - 1, 2),
  describe(PINNED, LAST),
  describe(LAST, 1),
  describe(LAST, LAST),
  describe(PINNED_END - 1, LAST),
  describe(BUFFER, 1, { at: QUEUE_SIZE }),
  describe(BUFFER, 1, { at: LAST }),
  describe(BUFFER, 1, { next: QUEUE_SIZE }),
  describe(BUFFER, 1, { next: LAST }),
  describe(BUFFER, 1, { queue: 1 }),
  describe(BUFFER, 1, { queue: LAST }),
  opens({ device: 1 }),
  opens({ device: LAST }),
  opens({ index: 1, size: 0 }),
  opens({ index: 1, size: 3 }),
  opens({ index: 1, size: QUEUE_SIZE_LIMIT * 2 }),
  opens({ index: 1, size: LAST }),
  opens({ index: 1, available: 0 }),
  opens({ index: 1, available: PINNED + 1 }),
  opens({ index: 1, available: PINNED_END - 2 }),
  opens({ index: 1, available: LAST - 1 }),
  opens({ index: 1, used: 0 }),
  opens({ index: 1, used: USED + 2 }),
  opens({ index: 1, used: PINNED_END - 4 }),
  opens({ index: 1, used: LAST - 3 }),
  `(drop (call $pin ${numbers(PINNED, PINNED_BYTES)}))`, // a second time
  ...[0x30, 0x38, 0x44, 0x50, 0x80, 0x84, 0x90, 0xa0, 0x100, 0x200, LAST].map((register) => writes(register)),
  writes(0x70, 1),
  reads(0x200),
  reads(1),
  reads(LAST),
  reads(0x70, 1),
  `(drop (call $readConfiguration ${numbers(0, 0x100)}))`,
  `(call $notify ${numbers(1)})`,
  watches(MEMORY_PAGES * 65_536 - 1),
  watches(LAST),
  "(call $features (i32.const 1) (i32.const 5))", // VIRTIO_F_RING_PACKED
  "(call $features (i32.const 2) (i32.const 4))",
  "(call $status (i32.const 0)) (call $features (i32.const 1) (i32.const 4))",
];

const REFUSED: readonly string[] = [
  open({}), // the same queue again
  open({ index: 9 }),
  open({ index: LAST }),
  open({ index: 0, size: QUEUE_SIZE * 2 }),
];

/** Neighbours of what ends the machine. */
const ALLOWED: readonly string[] = [
  describe(PINNED, 1),
  describe(PINNED, PINNED_BYTES),
  describe(PINNED_END - 1, 1),
  describe(PINNED_END, 0),
  describe(BUFFER, 1, { at: QUEUE_SIZE - 1, next: QUEUE_SIZE - 1 }),
  reads(0x1fc),
  reads(0x70),
  `(drop (call $readConfiguration ${numbers(0, 0xff)}))`,
  `(call $notify ${numbers(0)})`,
  watches(MEMORY_PAGES * 65_536 - 2),
  `(drop (call $watch ${numbers(0, LAST, 0)}))`,
  "(call $features (i32.const 0) (i32.const 5))",
  "(call $features (i32.const 1) (i32.const 1))",
  "(call $status (i32.const 0))",
];

async function machine(t: TestContext): Promise<Host | undefined> {
  const [accelerator] = await accelerators(t);
  return accelerator && machineHost(accelerator);
}

const run = (host: Host, kernel: string, more = ENTROPY_DEVICE): Promise<Ran> =>
  host.run(linkPlan(planProbe({ kernel }), "bare"), { more });

test("what a driver may not do to a device ends the machine", async (t) => {
  const host = await machine(t);
  if (host === undefined) return;
  for (const act of ENDING) {
    const ran = await run(host, driver(act));
    assert.deepEqual([showRecords(ran), ran.output], [["trap kernel 6", "exit 70"], ""], act);
  }
});

test("pinning takes whole pages of the kernel's own memory", async (t) => {
  const host = await machine(t);
  if (host === undefined) return;
  const kernel = (
    pointer: number,
    bytes: number,
  ) => `${kernelImports(...NAMES)} (memory (export "memory") ${MEMORY_PAGES})
    (func (export "start") (drop (call $pin ${numbers(pointer, bytes)}))) ${ENDS}`;
  const bad = [
    [PINNED + 1, 4096],
    [PINNED, MEMORY_BYTES],
    [MEMORY_BYTES, 4096],
    [LAST - 4095, 4096],
    [0, LAST],
  ] as const;
  for (const [pointer, bytes] of bad) {
    assert.deepEqual(showRecords(await run(host, kernel(pointer, bytes))), ["trap kernel 6", "exit 70"]);
  }
  const whole = await run(host, kernel(0, MEMORY_BYTES));
  assert.deepEqual(showRecords(whole), ["started", "exit 0"]);
});

test("what is allowed is done, and what a device does not have is refused", async (t) => {
  const host = await machine(t);
  if (host === undefined) return;
  const refused = REFUSED.map(
    (act) => `(if (i32.ne ${act} (i32.const -1)) (then (call $print (i32.const 33))))`,
  );
  const ran = await run(host, driver([...refused, ...ALLOWED].join("\n")));
  assert.deepEqual([showRecords(ran), ran.output], [["started", "exit 0"], "."]);
});

test("a device that takes addresses out of buffers gets no queue", async (t) => {
  const host = await machine(t);
  if (host === undefined) return;
  const kernel = `${kernelImports(...NAMES)} (memory (export "memory") ${MEMORY_PAGES})
    (func (export "start")
      (drop (call $pin ${numbers(PINNED, PINNED_BYTES)}))
      (i32.store (i32.const 0) (call $readRegister ${numbers(0, 8)}))
      (i32.store (i32.const 4) ${open({})})
      (call $write ${numbers(1, 0, 8)})) ${ENDS}`;
  const opened = async (device: string) => {
    const bytes = Buffer.from((await run(host, kernel, ["-device", device])).output, "latin1");
    return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
  };
  assert.deepEqual(await opened("virtio-balloon-device"), [5, -1]);
  assert.deepEqual(await opened("virtio-rng-device"), [4, 0]);
});

/** Entry 100 of the PML4: an address that nothing has. */
const TARGET = PHYSICAL_BASE + KeelPage.Pml4 * PAGE_BYTES + 100 * 8;
const INDIRECT = 4;
const WRITE = 2;
/** A pinned table of descriptors that the driver writes itself, and a device that is told to read it as such. */
const INDIRECT_ATTACK = `
  (i64.store (i32.const ${BUFFER}) (i64.const ${TARGET}))
  (i32.store (i32.const ${BUFFER + 8}) (i32.const 16))
  (i32.store16 (i32.const ${BUFFER + 12}) (i32.const ${WRITE}))
  (call $describe ${numbers(0, 0, BUFFER, 16, INDIRECT | WRITE, 0)})
  (i32.store16 (i32.const ${AVAILABLE + 2}) (i32.const 1))
  (call $notify (i32.const 0))
  (loop $wait (br_if $wait (i32.eqz (i32.atomic.load16_u (i32.const ${USED + 2})))))
  (call $print (select (i32.const 61) (i32.const 35)
    (i64.eq (i64.atomic.load (i32.const ${BUFFER})) (i64.const ${TARGET}))))`;
/** Interrupts end a sleep before its time. */
const WAITS = `(func (export "run")
  (loop $again (call $idle (i64.const 3000000000))
    (br_if $again (i64.lt_u (call $monotonic) (i64.const 3000000000))))
  (call $exit (i32.const 0)) (call $idle (i64.const 0)))`;
/** and edi, 3: what `describe` leaves of a descriptor's flags. */
const MASK = Buffer.from([0x81, 0xe7, 0x03, 0x00, 0x00, 0x00]);

test("a table of descriptors in pinned memory is no table to a device", async (t) => {
  const [accelerator] = await accelerators(t);
  if (accelerator === undefined) return;
  const { elf } = linkPlan(planProbe({ kernel: driver(INDIRECT_ATTACK, WAITS) }), "bare");
  const attack = async (image: Uint8Array) => {
    let memory: Uint8Array = new Uint8Array();
    let cr3 = 0n;
    const ran = await machineHost(accelerator).run(
      { elf: image },
      {
        more: ENTROPY_DEVICE,
        whileRunning: async (monitor, file) => {
          const dump = await dumpGuest(monitor, file, 32 * 1024 * 1024);
          memory = dump.memory;
          cr3 = dump.registers["CR3"]!;
        },
      },
    );
    const hit = memory.subarray(TARGET, TARGET + 16).some((byte) => byte !== 0);
    return { hit, output: ran.output, memory, cr3 };
  };
  const kept = await attack(elf);
  assert.equal(kept.output.slice(0, 1), "#", "the device wrote to the buffer itself");
  assert.ok(!kept.hit);
  assert.deepEqual(violations(takeCensus(kept.memory, kept.cr3)), []);
  const open = Buffer.from(elf);
  const at = open.indexOf(MASK);
  assert.ok(at > 0 && open.indexOf(MASK, at + 1) < 0);
  open[at + 2] = INDIRECT | WRITE | 1;
  const lost = await attack(open);
  assert.equal(lost.output.slice(0, 1), "=");
  assert.ok(lost.hit, "without the mask the device writes into the page table");
});
