/** The block driver with real devices, over MMIO and over PCI: what it writes is on the disk, and stays there. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { compileModule } from "../../src/compiler/compile.ts";
import { wat } from "../../src/compiler/wasm/module.harness.ts";
import { compileAssembly } from "../../src/image/assembly.ts";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { accelerators, type Accelerator } from "../../src/keel/guest.harness.ts";
import { linkForBare } from "../../src/platform/bare/platform.ts";
import { bootWith } from "../../src/platform/bare/run-image.harness.ts";
import { planImage } from "../../src/platform/compartment/plan-image.ts";

const SECTOR_BYTES = 512;
const SECTORS = 4096;
const DISK_BYTES = SECTORS * SECTOR_BYTES;
/** Of one request. */
const BATCH_SECTORS = 8;
/** Where the guest finds something, and where it puts it. */
const [FROM_SECTOR, TO_SECTOR, COPIED_SECTORS] = [5, 1001, 256];
const MASK = 0x5a;

/** Copies sectors, changed; reads them back; asks for what no disk of this size has. Says one number a line. */
const KERNEL = `
import { consoleWrite, exit, idle } from "./cpu/platform";
import "./cpu/panic";
import { startPinned, takePinned } from "./memory/pinned";
import { begin, BlockResult, capacity, finish, start as startDevice } from "./drivers/virtio/block/driver";
import { BlockRequest } from "./drivers/virtio/block/layout";

const line = memory.data(32);
function say(value: u64): void {
  let at = line + 31;
  store<u8>(at, 10);
  do {
    store<u8>(--at, <u8>(48 + value % 10));
    value /= 10;
  } while (value != 0);
  consoleWrite(1, at, <u32>(line + 32 - at));
}

function request(kind: BlockRequest, sector: u64, pointer: usize, count: u32): BlockResult {
  const begun = begin(kind, sector, pointer, count);
  return begun == BlockResult.Pending ? finish() : begun;
}

function copy(bytes: usize): BlockResult {
  for (let sector: u32 = 0; sector < ${COPIED_SECTORS}; sector += ${BATCH_SECTORS}) {
    const read = request(BlockRequest.Read, ${FROM_SECTOR} + sector, bytes, ${BATCH_SECTORS});
    if (read != BlockResult.Done) return read;
    for (let at: usize = 0; at < ${BATCH_SECTORS * SECTOR_BYTES}; at++) {
      store<u8>(bytes + at, load<u8>(bytes + at) ^ ${MASK});
    }
    const written = request(BlockRequest.Write, ${TO_SECTOR} + sector, bytes, ${BATCH_SECTORS});
    if (written != BlockResult.Done) return written;
  }
  return request(BlockRequest.Flush, 0, 0, 0);
}

/** FNV-1a of what stands there now, a sector at a time. */
function hash(bytes: usize): u64 {
  let sum: u32 = 0x811c9dc5;
  for (let sector: u32 = 0; sector < ${COPIED_SECTORS}; sector++) {
    if (request(BlockRequest.Read, ${TO_SECTOR} + sector, bytes, 1) != BlockResult.Done) return 0;
    for (let at: usize = 0; at < ${SECTOR_BYTES}; at++) sum = (sum ^ load<u8>(bytes + at)) * 0x01000193;
  }
  return sum;
}

export function start(): void {
  startPinned(0);
  const bytes = takePinned(${BATCH_SECTORS * SECTOR_BYTES}, 16);
  if (!startDevice()) return exit(1);
  say(capacity());
  say(hash(bytes));
  say(copy(bytes));
  say(hash(bytes));
  say(request(BlockRequest.Read, ${SECTORS - 1}, bytes, 1));
  say(request(BlockRequest.Read, ${SECTORS - 1}, bytes, 2));
  exit(0);
}

export function run(): void {
  for (;;) idle(0);
}
`;

const DONE = 0;
const REFUSED = 5;

type Transport = "MMIO" | "PCI";

/** Machine and device of each transport. */
const TRANSPORTS: Readonly<Record<Transport, { machine?: string; device: string }>> = {
  MMIO: { device: "virtio-blk-device" },
  PCI: { machine: "q35", device: "virtio-blk-pci" },
};

/** A PC's firmware takes seconds where KVM itself runs in a machine: that one is for the long run. */
async function acceleratorsFor(t: TestContext, transport: Transport): Promise<readonly Accelerator[]> {
  const here = await accelerators(t);
  return transport === "MMIO" || process.env["SKERRY_LONG"] === "1" ? here : here.slice(0, 1);
}

let made: Promise<Uint8Array> | undefined;

async function makeImage(): Promise<Uint8Array> {
  const { wasm } = await compileAssembly(path.join(PACKAGE_ROOT, "src/kernel"), "main.ts", {
    virtualFiles: { "main.ts": KERNEL },
    extraArguments: ["--use", "abort=cpu/panic/abort", "--enable", "threads"],
  });
  const [kernel, app] = [wasm, wat("(module (memory 1))")].map((bytes) =>
    compileModule(bytes, { initial: "data" }),
  );
  return linkForBare(planImage({ kernel: kernel!, app: app!, isNetworked: false })).elf;
}

interface Disk {
  readonly file: string;
  readonly isReadOnly?: boolean;
}

async function run(transport: Transport, accelerator: Accelerator, { file, isReadOnly = false }: Disk) {
  const { machine, device } = TRANSPORTS[transport]!;
  const drive = `if=none,id=disk,format=raw,file=${file}${isReadOnly ? ",readonly=on" : ""}`;
  const more = ["-global", "virtio-mmio.force-legacy=false", "-drive", drive];
  more.push("-device", `${device},drive=disk`);
  const options = { accelerator, more, ...(machine === undefined ? {} : { machine }) };
  return bootWith(await (made ??= makeImage()), [], options);
}

function fnv(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x0100_0193) >>> 0, 0x811c_9dc5);
}

function patternedDisk(): Uint8Array {
  return Uint8Array.from({ length: DISK_BYTES }, (_, at) => (at * 13 + (at >> 9) * 7) & 255);
}

const part = (disk: Uint8Array, sector: number): Uint8Array =>
  disk.subarray(sector * SECTOR_BYTES, (sector + COPIED_SECTORS) * SECTOR_BYTES);

for (const transport of ["MMIO", "PCI"] as const) {
  test(`sectors are written, flushed, read back, and there for the next boot: ${transport}`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-block-"));
    t.after(() => rmSync(folder, { recursive: true }));
    for (const accelerator of await acceleratorsFor(t, transport)) {
      const before = patternedDisk();
      const file = path.join(folder, accelerator);
      writeFileSync(file, before);
      const copied = part(before, FROM_SECTOR).map((byte) => byte ^ MASK);
      const first = await run(transport, accelerator, { file });
      assert.deepEqual([first.status, first.records], [0, ["exit 0"]], first.output);
      const hashes = [fnv(part(before, TO_SECTOR)), fnv(copied)];
      const lines = [SECTORS, hashes[0], DONE, hashes[1], DONE, REFUSED];
      assert.deepEqual(first.output.trim().split("\n").map(Number), lines);
      before.set(copied, TO_SECTOR * SECTOR_BYTES);
      assert.ok(readFileSync(file).equals(before), "the disk holds what was written, and else what it held");
      const second = await run(transport, accelerator, { file });
      assert.equal(Number(second.output.split("\n")[1]), hashes[1], "it is there at the next boot");
    }
  });

  test(`a disk that is read-only stays as it is: ${transport}`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "skerry-block-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const [accelerator] = await accelerators(t);
    if (accelerator === undefined) return;
    const file = path.join(folder, "disk");
    const disk = patternedDisk();
    writeFileSync(file, disk);
    const { status, output } = await run(transport, accelerator, { file, isReadOnly: true });
    const hash = fnv(part(disk, TO_SECTOR));
    assert.deepEqual(output.trim().split("\n").map(Number), [SECTORS, hash, REFUSED, hash, DONE, REFUSED]);
    assert.equal(status, 0);
    assert.ok(readFileSync(file).equals(disk));
  });
}
