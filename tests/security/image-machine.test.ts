/**
 * What a running image touches of its machine, held against what `skerry inspect` says of it: each port, each device's
 * address, each PCI register, each kind of exit. Controls: an image that touches one port more, and another image's word.
 */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { inspectImage } from "../../src/audit/inspect.ts";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { accelerators, type Accelerator } from "../../src/keel/guest.harness.ts";
import { Port } from "../../src/keel/ports.ts";
import { freePort } from "../../tools/free-port.ts";
import { answers, NETWORK_CONFIGURATION } from "./guest-network.ts";
import { readTrace, SEARCH, traceWords, undeclared, type MachineTrace } from "./machine-trace.ts";
import { IS_LONG, machineHost } from "./whole-image.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const REQUESTS = 5;
/** KVM_EXIT_IO, _MMIO, _INTR (linux/kvm.h). */
const EXITS: readonly number[] = [2, 6, 10];

/** How QEMU's devices end, by machine. */
const BUSES = { microvm: "device", q35: "pci" } as const;
type MachineName = keyof typeof BUSES;

async function elfOf(entry: string): Promise<Uint8Array> {
  return (await buildNativeImage(await buildImage(path.join(ROOT, entry)), "bare")).elf;
}
const server = () => elfOf("tests/apps/native-server.ts");
const namesOf = (elf: Uint8Array) => [SEARCH, ...inspectImage(elf).reach.devices.map(({ name }) => name)];

/** Boots, answers requests, and ends. There is a device besides that no image of ours has a driver for. */
async function trace(
  t: TestContext,
  elf: Uint8Array,
  accelerator: Accelerator,
  machine: MachineName,
): Promise<MachineTrace> {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-trace-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "trace");
  const port = await freePort();
  const bus = BUSES[machine];
  const device = (name: string, words = "") => ["-device", `virtio-${name}-${bus}${words}`];
  const whole = bus === "pci" ? ",ioeventfd=off" : "";
  const { errors } = await machineHost(accelerator).run(
    { elf },
    {
      ...(machine === "q35" ? { machine } : {}),
      configuration: NETWORK_CONFIGURATION,
      timeLimitMs: 60_000,
      whileRunning: (monitor) => answers(port, REQUESTS, monitor),
      more: [
        ...traceWords(file),
        ...["-netdev", `user,id=net,hostfwd=tcp:127.0.0.1:${port}-:80`],
        ...[...device("net", `,netdev=net${whole}`), ...device("rng", whole), ...device("balloon")],
      ],
    },
  );
  assert.equal(errors, "");
  return readTrace(file);
}

for (const machine of ["microvm", "q35"] as const) {
  test(`an image touches of its machine what inspect says, and nothing else: ${machine}`, async (t) => {
    const elf = await server();
    const here = await accelerators(t);
    // A PC's firmware takes seconds where KVM itself runs in a machine: that one is for the long run.
    for (const accelerator of machine === "microvm" || IS_LONG ? here : here.slice(0, 1)) {
      const traced = await trace(t, elf, accelerator, machine);
      assert.deepEqual(undeclared(traced, namesOf(elf)), []);
      for (const name of ["virtio network", "virtio entropy"]) {
        assert.ok(traced.touched.get(name)! >= REQUESTS, `${name} is used`);
      }
      assert.equal(traced.lateConfigurations, 0);
      assert.deepEqual(
        [...traced.exits].filter((reason) => !EXITS.includes(reason)),
        [],
      );
      assert.equal(traced.exits.size > 0, accelerator === "kvm");
      const shown = [...traced.touched].map(([name, count]) => `${name} ${count}`);
      t.diagnostic(`${machine}, ${accelerator}: ${shown.join(", ")}`);
    }
  });
}

test("an image that touches one port more is caught, and so is a device that it does not say", async (t) => {
  const [accelerator] = await accelerators(t);
  if (accelerator === undefined) return;
  const elf = Buffer.from(await server());
  const names = namesOf(elf);
  // The keel masks the first interrupt controller by `out 0x21, al`.
  const OUT = 0xe6;
  const UNUSED_PORT = 0x80;
  const at = elf.indexOf(Buffer.from([OUT, Port.Pic1Mask]));
  elf[at + 1] = UNUSED_PORT;
  const traced = await trace(t, elf, accelerator, "microvm");
  assert.deepEqual(
    undeclared(traced, names).map((found) => found.split(" (")[0]),
    ["write 80"],
  );
  const other = namesOf(await elfOf("examples/console/main.ts"));
  assert.ok(undeclared(traced, other).includes("virtio network"));
});
