import test from "node:test";
import assert from "node:assert/strict";
import { guestWords, type GuestMachine } from "./command-line.ts";

const GUEST: GuestMachine = {
  machine: "microvm",
  accelerator: "kvm",
  version: [7, 2],
  hasSandbox: true,
  memoryMiB: 32,
  kernelFile: "image",
};
const words = (
  guest: Partial<GuestMachine> = {},
  network: Parameters<typeof guestWords>[1]["network"] = { kind: "cable" },
) => guestWords({ ...GUEST, ...guest }, { configurationFile: "configuration", network }).join(" ");

test("under KVM a guest has one processor, the host's", () => {
  assert.match(words(), /-accel kvm -cpu host,-arch-capabilities -m 32M/);
  assert.doesNotMatch(words(), /-smp/);
});

test("under TCG a guest has a second processor, where QEMU would leave out barriers otherwise", () => {
  assert.match(words({ accelerator: "tcg" }), /-accel tcg -cpu max -smp 2/);
  assert.match(words({ accelerator: "tcg", version: [8, 0] }), /-smp 2/);
  assert.doesNotMatch(words({ accelerator: "tcg", version: [8, 1] }), /-smp/);
  assert.doesNotMatch(words({ accelerator: "tcg", version: [10, 0] }), /-smp/);
});

test("a network device stands where there is a network, and its TAP device is one word", () => {
  assert.match(words(), /-netdev socket,id=net,fd=3 -device virtio-net-device,netdev=net,mac=/);
  assert.doesNotMatch(words({}, { kind: "none" }), /-netdev/);
  assert.match(
    words({}, { kind: "tap", name: "tap0,vhost=on" }),
    /ifname=tap0,,vhost=on,script=no,downscript=no/,
  );
  assert.match(words({ machine: "q35" }), /-device virtio-rng-pci .*-device virtio-net-pci,netdev=net,mac=/);
});

test("the filter is asked for only where QEMU has it", () => {
  assert.match(words(), /-sandbox on/);
  assert.doesNotMatch(words({ hasSandbox: false }), /-sandbox/);
});
