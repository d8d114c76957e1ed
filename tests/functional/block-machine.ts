/** Machines with a disk for tests of the block driver: a kernel of AssemblyScript that uses it, linked and run. */
import path from "node:path";
import { compileModule } from "../../src/compiler/compile.ts";
import { wat } from "../../src/compiler/wasm/module.harness.ts";
import { compileAssembly } from "../../src/image/assembly.ts";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import type { Accelerator } from "../../src/keel/guest.harness.ts";
import { linkForBare } from "../../src/platform/bare/platform.ts";
import { bootWith } from "../../src/platform/bare/run-image.harness.ts";
import { planImage } from "../../src/platform/compartment/plan-image.ts";

export const SECTOR_BYTES = 512;
/** Of one request. */
export const BATCH_SECTORS = 8;

export type Transport = "MMIO" | "PCI";

/** Machine and device of each transport. */
const TRANSPORTS: Readonly<Record<Transport, { machine?: string; device: string }>> = {
  MMIO: { device: "virtio-blk-device" },
  PCI: { machine: "q35", device: "virtio-blk-pci" },
};

/** What every such kernel has: `say` prints a number as a line, `request` does one and waits. */
const PRELUDE = `
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

export function start(): void {
  startPinned(0);
  const bytes = takePinned(${BATCH_SECTORS * SECTOR_BYTES}, 16);
  if (!startDevice()) return exit(1);
  use(bytes);
  exit(0);
}

export function run(): void {
  for (;;) idle(0);
}
`;

/** `text` has \`use(bytes)\`, with room for `BATCH_SECTORS`. */
export async function blockImage(text: string): Promise<Uint8Array> {
  const { wasm } = await compileAssembly(path.join(PACKAGE_ROOT, "src/kernel"), "main.ts", {
    virtualFiles: { "main.ts": PRELUDE + text },
    extraArguments: ["--use", "abort=cpu/panic/abort", "--enable", "threads"],
  });
  const [kernel, app] = [wasm, wat("(module (memory 1))")].map((bytes) =>
    compileModule(bytes, { initial: "data" }),
  );
  return linkForBare(planImage({ kernel: kernel!, app: app!, isNetworked: false })).elf;
}

/** `drive`: where the disk comes from, as words of QEMU. */
export async function runWithDisk(
  elf: Uint8Array,
  transport: Transport,
  accelerator: Accelerator,
  drive: string,
) {
  const { machine, device } = TRANSPORTS[transport];
  const more = ["-global", "virtio-mmio.force-legacy=false", "-drive", `if=none,id=disk,format=raw,${drive}`];
  more.push("-device", `${device},drive=disk`);
  const options = { accelerator, more, ...(machine === undefined ? {} : { machine }) };
  const ran = await bootWith(elf, [], options);
  return { ...ran, said: ran.output.trim().split("\n").map(Number) };
}
