/** Images in a whole PC: devices on its PCI bus, as other VMMs have them. */
import test, { type TestContext } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { accelerators, type Accelerator } from "../../src/keel/guest.harness.ts";
import { createQemuTarget } from "../../src/targets/qemu/target.ts";
import { STOPPED_STATUS, type Machine, type MachineOptions } from "../../src/targets/target.ts";
import { machineHost } from "../security/whole-image.ts";
import { EXAMPLE_SERVERS } from "./example-servers.ts";
import { ROOT } from "./skerry.ts";

const BRIEF = path.join(ROOT, "tests/apps/native-brief.ts");
const q35 = createQemuTarget("q35");
const FORWARD = { hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 };

interface Started {
  readonly machine: Machine;
  readonly said: { output: string; errors: string };
}

async function imageOf(entry: string) {
  const image = await buildImage(path.join(ROOT, "examples", entry));
  return { ...image, native: await buildNativeImage(image, "bare") };
}

/** A PC's firmware takes seconds where KVM itself runs in a machine: that one is for the long run. */
async function acceleratorsHere(t: TestContext): Promise<readonly Accelerator[]> {
  const here = await accelerators(t);
  return process.env["SKERRY_LONG"] === "1" ? here : here.slice(0, 1);
}

type StartOptions = Pick<MachineOptions, "accelerator" | "memoryMiB" | "forwards">;

async function start(image: Awaited<ReturnType<typeof imageOf>>, options: StartOptions): Promise<Started> {
  const said = { output: "", errors: "" };
  const machine = await q35.start(image, {
    environment: {},
    outbound: [],
    onConsole: (stream, text) => void (said[stream === 1 ? "output" : "errors"] += text),
    ...options,
  });
  return { machine, said };
}

test("a server answers over a network device on PCI", async (t) => {
  const entry = "http-native/main.ts";
  const image = await imageOf(entry);
  for (const accelerator of await acceleratorsHere(t)) {
    const { machine, said } = await start(image, { accelerator, forwards: [FORWARD] });
    const url = `http://127.0.0.1:${machine.forwards[0]!.hostPort}`;
    try {
      await EXAMPLE_SERVERS[entry]!(url);
      const answers = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(url)).text()));
      assert.deepEqual(new Set(answers), new Set(["hello, world\n"]), accelerator);
    } finally {
      await machine.stop();
    }
    assert.deepEqual(said, { output: "", errors: "" }, accelerator);
    assert.equal(await machine.exited, STOPPED_STATUS);
  }
});

test("a program without a network says its line and ends, in 16 MiB", async (t) => {
  const image = await imageOf("console/main.ts");
  for (const accelerator of await acceleratorsHere(t)) {
    const { machine, said } = await start(image, { accelerator, memoryMiB: 16, forwards: [] });
    assert.equal(await machine.exited, 7, said.errors);
    assert.equal(said.output, "hello from a machine without an operating system\n");
  }
});

test("a machine whose network device cannot be used, or that has none, says so", async (t) => {
  const [accelerator] = await accelerators(t);
  if (accelerator === undefined) return;
  const { elf } = await buildNativeImage(await buildImage(BRIEF), "bare");
  const saidWith = async (...words: string[]) => {
    const more = ["-netdev", "hubport,hubid=0,id=net", ...words, "-device", "virtio-rng-pci"];
    const { status, errors } = await machineHost(accelerator).run({ elf }, { machine: "q35", more });
    assert.equal(status, 0, errors);
    return errors;
  };
  const SAID = /^there is no network device to use: virtio over MMIO, or over PCI with MSI-X$/m;
  assert.match(await saidWith("-device", "virtio-net-pci,netdev=net,vectors=0"), SAID);
  assert.match(await saidWith("-device", "e1000,netdev=net"), SAID);
  assert.doesNotMatch(await saidWith("-device", "virtio-net-pci,netdev=net"), SAID);
});
