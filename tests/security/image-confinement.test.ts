/**
 * What whole images ask of what runs them: ports and devices of a machine, rights of a process. What a process may not
 * call is tried in `src/platform/process/confinement.test.ts`.
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { accelerators } from "../../src/keel/guest.harness.ts";
import { Port } from "../../src/keel/ports.ts";
import { writeExecutable } from "../../src/platform/process/executable.ts";
import { linkImageForProcess } from "../../src/platform/process/image-platform.ts";
import { canRunProcesses } from "../../src/targets/process/target.ts";
import { probeGuest } from "../../src/targets/qemu/probe-guest.ts";
import { answers, freePort, NETWORK_CONFIGURATION, networkWords } from "./guest-network.ts";
import { kernelImports } from "./probe-text.ts";
import { IS_LONG, linkPlan, machineHost, planProbe, processHost } from "./whole-image.ts";

/** One access of the processor to a device, as QEMU saw it. */
interface Access {
  readonly isWrite: boolean;
  readonly address: number;
  readonly device: string;
}

const TRACE = ["memory_region_ops_read", "memory_region_ops_write"].flatMap((event) => ["-trace", event]);
const FIRMWARE = "fwcfg";

function readTrace(file: string): Access[] {
  const pattern = /^memory_region_ops_(read|write) cpu \d+ .* addr 0x([0-9a-f]+) value .* name '(.*)'$/gm;
  return [...readFileSync(file, "latin1").matchAll(pattern)].map(([, kind, address, device]) => {
    return { isWrite: kind === "write", address: parseInt(address!, 16), device: device! };
  });
}

const EIGHT = 8;
const MMIO_START = 0xfeb0_0000;
const MMIO_END = 0xfeb0_3000;
const MMIO_BYTES = 512;
/** Of virtio over MMIO (4.2.2): what our drivers and the platform write. */
const WRITTEN_REGISTERS = new Set([
  ...[0x14, 0x20, 0x24, 0x30, 0x38, 0x44, 0x50, 0x64, 0x70],
  ...[0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4],
]);
const PORTS: readonly number[] = [
  ...[Port.Errors, Port.Control, Port.DebugExit, Port.Pic1Mask, Port.Pic2Mask],
  ...[Port.RealtimeClockIndex, Port.RealtimeClockValue],
];

function isDeclared({ address, device, isWrite }: Access): boolean {
  if (device === "apic-msi" || device === "ioapic") return true;
  if (address >= Port.Serial && address < Port.Serial + EIGHT) return true;
  if (PORTS.includes(address)) return true;
  if (device !== "virtio-mmio" && !(address >= MMIO_START && address < MMIO_END)) return false;
  return !isWrite || WRITTEN_REGISTERS.has(address % MMIO_BYTES);
}

const show = ({ address, device, isWrite }: Access) =>
  `${isWrite ? "write" : "read"} ${address.toString(16)} (${device})`;

test("a machine's image touches the devices that it says, and no others", async (t) => {
  if ((await accelerators(t)).length === 0) return;
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-trace-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const image = await buildImage(path.resolve(import.meta.dirname, "../apps/native-server.ts"));
  const port = await freePort();
  const trace = async (name: string, elf: Uint8Array, isServer: boolean) => {
    const file = path.join(folder, name);
    await machineHost("tcg").run(
      { elf },
      {
        configuration: NETWORK_CONFIGURATION,
        more: [...TRACE, "-D", file, ...networkWords(port), "-device", "virtio-rng-device"],
        ...(isServer ? { whileRunning: (monitor) => answers(port, 5, monitor) } : {}),
      },
    );
    return readTrace(file);
  };
  // What comes before an image's first instruction is the firmware's; it ends with a known count of accesses.
  const firmware = await trace("firmware", probeGuest(), false);
  const firmwareReads = firmware.filter(({ device }) => device.startsWith(FIRMWARE)).length;
  const all = await trace("image", (await buildNativeImage(image, "bare")).elf, true);
  let seen = 0;
  const own = all.filter(({ device }) => {
    if (device.startsWith(FIRMWARE)) seen++;
    return seen >= firmwareReads;
  });
  const later = own.slice(1); // the firmware's last
  assert.ok(later.filter(({ device }) => device === "virtio-mmio").length > 50, "the network is used");
  assert.deepEqual([...new Set(later.filter((one) => !isDeclared(one)).map(show))], []);
  assert.notDeepEqual(
    firmware.filter((one) => !isDeclared(one)),
    [],
    "the firmware is no image of ours",
  );
  t.diagnostic(`${later.length} accesses to devices for boot and 5 requests`);
});

const RUNS = IS_LONG ? 256 : 8;
const SLEEPER = `${kernelImports("write", "exit", "idle", "monotonic")} (memory (export "memory") 1)
  (func (export "start") (call $write (i32.const 1) (i32.const 0) (i32.const 1)))
  (func (export "run") (loop $again (call $idle (i64.const 0x7ffffffffffffff0)) (br $again)))`;

function requireProcesses(t: TestContext): boolean {
  if (canRunProcesses()) return true;
  t.skip("needs Linux on x86-64");
  return false;
}

test("a process has no new privileges, a filter, and no page both writable and executable", async (t) => {
  if (!requireProcesses(t)) return;
  const plan = planProbe({ kernel: SLEEPER });
  const look = async (isFiltered: boolean) => {
    const facts = { status: "", maps: "" };
    const elf = writeExecutable(linkImageForProcess(plan, { isFiltered }));
    await processHost.run(
      { elf },
      {
        whileProcessRuns: async (id) => {
          facts.status = readFileSync(`/proc/${id}/status`, "latin1");
          facts.maps = readFileSync(`/proc/${id}/maps`, "latin1");
        },
      },
    );
    return facts;
  };
  const confined = await look(true);
  assert.match(confined.status, /^NoNewPrivs:\t1$/m);
  assert.match(confined.status, /^Seccomp:\t2$/m);
  assert.match(confined.maps, / r-xp /);
  assert.doesNotMatch(confined.maps, / .wx. /);
  assert.match((await look(false)).status, /^Seccomp:\t0$/m);
});

test("each process lies elsewhere", async (t) => {
  if (!requireProcesses(t)) return;
  const program = linkPlan(planProbe({ kernel: SLEEPER }), "process");
  const code = new Set<string>();
  const memories = new Set<string>();
  for (let count = 0; count < RUNS; count++) {
    await processHost.run(program, {
      whileProcessRuns: async (id) => {
        const lines = readFileSync(`/proc/${id}/maps`, "latin1").split("\n");
        code.add(lines.find((line) => line.includes(" r-xp "))!);
        memories.add(lines.filter((line) => line.includes(" rw-p ")).join("\n"));
      },
    });
  }
  assert.ok(code.size >= RUNS - 1 && memories.size >= RUNS - 1);
});
