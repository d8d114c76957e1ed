/** Images on a TAP device of the host: no gateway, their own address, and what the device does for them. */
import test from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import { machineWords } from "../../src/targets/qemu/command-line.ts";
import { ROOT } from "./skerry.ts";

const NAME = `sky${process.pid % 100_000}`;
const HOST = "10.99.213.1";
const GUEST = "10.99.213.2";
const LIMIT_MS = 60_000;

const ip = (...words: string[]) => spawnSync("ip", words).status === 0;
const isPossible = process.getuid?.() === 0 && existsSync("/dev/net/tun") && ip("link");
const options = isPossible ? {} : { skip: "needs root, /dev/net/tun and ip" };

type Start = (folder: string, file: string, settings: readonly string[]) => ChildProcess;

/** Opens the device before it gives up the calls for that. */
const startProcess: Start = (_folder, file, settings) =>
  spawn(file, [`net.tap=${NAME}`, ...settings], { stdio: ["ignore", "ignore", "pipe"] });

/** QEMU opens it and offers what Linux does. */
const startGuest: Start = (folder, file, settings) => {
  const configuration = path.join(folder, "configuration");
  writeFileSync(configuration, settings.join("\n"));
  const machine = { machine: "microvm", accelerator: "tcg", version: [7, 2], hasSandbox: false } as const;
  const tap = `tap,id=net,ifname=${NAME},script=no,downscript=no,vnet_hdr=on`;
  const words = [
    ...machineWords({ ...machine, memoryMiB: 64, kernelFile: file }),
    ...["-initrd", configuration, "-netdev", tap, "-device", "virtio-net-device,netdev=net"],
    ...["-chardev", "stdio,id=errors", "-device", "isa-debugcon,iobase=0xea,chardev=errors"],
  ];
  return spawn("qemu-system-x86_64", words, { stdio: ["ignore", "pipe", "pipe"] });
};

const STARTS = { process: startProcess, bare: startGuest } as const;

/** Runs the image of `entry` on its TAP device while `work` lasts. */
async function onTap(platform: keyof typeof STARTS, entry: string, work: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
  const file = path.join(folder, "image");
  const image = await buildImage(path.join(ROOT, entry));
  writeFileSync(file, (await buildNativeImage(image, platform)).elf, { mode: 0o700 });
  const child = STARTS[platform](folder, file, [`net.address=${GUEST}/24`, `net.gateway=${HOST}`]);
  try {
    await once(platform === "bare" ? child.stdout! : child.stderr!, "data"); // started: the device is there
    assert.ok(ip("address", "add", `${HOST}/24`, "dev", NAME) && ip("link", "set", NAME, "up"));
    await work();
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
    rmSync(folder, { recursive: true });
  }
}

/** What the host counts of the device; what is cut below or joined counts as one. */
function counted(what: "rx_packets" | "tx_packets"): number {
  return Number(readFileSync(`/sys/class/net/${NAME}/statistics/${what}`, "latin1"));
}

/** 16 MiB from the guest, then 16 MiB to it, and how many frames that took. */
async function sendMuch(): Promise<void> {
  const length = 16 << 20;
  const socket = connect(19, GUEST);
  let at = 0;
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    for (let index = 0; index < bytes.length; index++, at++) {
      if (bytes[index] !== (at % 65536) % 251) assert.fail(`byte ${at} is ${bytes[index]}`);
    }
  }
  assert.equal(at, length);
  const received = counted("rx_packets");
  // 12,000 segments of 1448 bytes; in frames of 8 KiB on average there would be 2,048.
  assert.ok(received < 2048, `${received} frames came`);
  const before = counted("tx_packets");
  const other = connect(9, GUEST);
  other.end(Buffer.alloc(length, 7));
  other.resume();
  await once(other, "close", { signal: AbortSignal.timeout(LIMIT_MS) });
  const sent = counted("tx_packets") - before;
  assert.ok(sent > length / 65536 && sent < 2048, `${sent} frames went`);
}

for (const platform of ["process", "bare"] as const) {
  test(`an image answers on a TAP device: ${platform}`, options, () =>
    onTap(platform, "examples/http-native/main.ts", async () => {
      const response = await fetch(`http://${GUEST}/`, { signal: AbortSignal.timeout(LIMIT_MS) });
      assert.equal(await response.text(), "hello, world\n");
    }),
  );

  test(`much data crosses a TAP device in frames of many segments: ${platform}`, options, () =>
    onTap(platform, "tests/apps/native-bulk.ts", sendMuch),
  );
}
