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
/** A network of this process's own: others may run this test beside it. */
const NETWORK = `10.${96 + ((process.pid >> 8) & 31)}.${process.pid & 255}`;
const HOST = `${NETWORK}.1`;
/** Each guest has another address: what `fetch` keeps of one's connections is not the next one's. */
let host = 1;
let guest = "";
const LIMIT_MS = 60_000;

const ip = (...words: string[]) => spawnSync("ip", words).status === 0;
const isPossible = process.getuid?.() === 0 && existsSync("/dev/net/tun") && ip("link");
const options = isPossible ? {} : { skip: "needs root, /dev/net/tun and ip" };

type Start = (folder: string, file: string, settings: readonly string[]) => ChildProcess;

/** Opens the device before it gives up the calls for that. */
const startProcess: Start = (_folder, file, settings) =>
  spawn(file, [`net.tap=${NAME}`, ...settings], { stdio: ["ignore", "ignore", "pipe"], detached: true });

/** What the traced process calls is in the folder's `trace`. */
const startTraced: Start = (folder, file, settings) =>
  spawn("strace", ["-o", path.join(folder, "trace"), file, `net.tap=${NAME}`, ...settings], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });

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
  return spawn("qemu-system-x86_64", words, { stdio: ["ignore", "pipe", "pipe"], detached: true });
};

const STARTS = { process: startProcess, bare: startGuest } as const;
type Work = (folder: string) => Promise<void>;

/** Runs the image of `entry` on its TAP device while `work` lasts. */
async function onTap(
  platform: keyof typeof STARTS,
  entry: string,
  work: Work,
  start = STARTS[platform],
): Promise<void> {
  guest = `${NETWORK}.${++host}`;
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-"));
  const file = path.join(folder, "image");
  const image = await buildImage(path.join(ROOT, entry));
  writeFileSync(file, (await buildNativeImage(image, platform)).elf, { mode: 0o700 });
  const child = start(folder, file, [`net.address=${guest}/24`, `net.gateway=${HOST}`]);
  try {
    await once(platform === "bare" ? child.stdout! : child.stderr!, "data"); // started: the device is there
    assert.ok(ip("address", "add", `${HOST}/24`, "dev", NAME) && ip("link", "set", NAME, "up"));
    await work(folder);
  } finally {
    // All of its group: a tracer that is killed leaves what it traced behind.
    process.kill(-child.pid!, "SIGKILL");
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
  const socket = connect(19, guest);
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
  const other = connect(9, guest);
  other.end(Buffer.alloc(length, 7));
  other.resume();
  await once(other, "close", { signal: AbortSignal.timeout(LIMIT_MS) });
  const sent = counted("tx_packets") - before;
  assert.ok(sent > length / 65536 && sent < 2048, `${sent} frames went`);
}

for (const platform of ["process", "bare"] as const) {
  test(`an image answers on a TAP device: ${platform}`, options, () =>
    onTap(platform, "examples/http-native/main.ts", async () => {
      const response = await fetch(`http://${guest}/`, { signal: AbortSignal.timeout(LIMIT_MS) });
      assert.equal(await response.text(), "hello, world\n");
    }),
  );

  test(`much data crosses a TAP device in frames of many segments: ${platform}`, options, () =>
    onTap(platform, "tests/apps/native-bulk.ts", sendMuch),
  );
}

/** System calls in the trace so far, by name; waits that only time has ended besides as "alarm". */
function callsIn(folder: string): Map<string, number> {
  const calls = new Map<string, number>();
  const trace = readFileSync(path.join(folder, "trace"), "latin1");
  for (const [, name] of trace.matchAll(/^([a-z_0-9]+)\(/gm)) calls.set(name!, (calls.get(name!) ?? 0) + 1);
  return calls.set("alarm", [...trace.matchAll(/^--- SIGALRM /gm)].length);
}

const REQUESTS = 200;
const ROUNDS = 4;

/** Counts what so many requests, one after the other, take of the traced process. */
async function countCalls(folder: string): Promise<{ told: string; isFrugal: boolean }> {
  const ask = async (): Promise<string> =>
    (await fetch(`http://${guest}/`, { signal: AbortSignal.timeout(LIMIT_MS) })).text();
  await ask();
  const [before, came, went] = [callsIn(folder), counted("tx_packets"), counted("rx_packets")];
  for (let count = 0; count < REQUESTS; count++) await ask();
  const [after, frames, answers] = [
    callsIn(folder),
    counted("tx_packets") - came,
    counted("rx_packets") - went,
  ];
  const made = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const told = `${made("read")} reads, ${made("ppoll")} waits for ${frames} frames; ${made("write")} writes for ${answers}; ${made("setitimer")} alarms set, ${made("alarm")} rang`;
  assert.ok(frames >= REQUESTS && answers >= REQUESTS, told);
  assert.ok(Math.abs(made("write") - answers) <= 2, told);
  assert.equal(made("clock_gettime"), 0, "time is read without a call");
  // A timer's end is followed by a look for frames; on a busy host an acknowledgment has to leave by its timer.
  const most = 1.25 * frames + made("alarm");
  const areAlarmsKept = made("setitimer") <= made("alarm") + 1;
  return { told, isFrugal: made("read") <= most && made("ppoll") <= most && areAlarmsKept };
}

test("a process reads each frame once, and hardly ever finds nothing", options, (t) => {
  if (spawnSync("strace", ["-V"]).status !== 0) return t.skip("needs strace");
  const work: Work = async (folder) => {
    // On a busy host frames come in twos and threes, or later than an acknowledgment may wait.
    for (let round = 1; ; round++) {
      const { told, isFrugal } = await countCalls(folder);
      t.diagnostic(told);
      if (isFrugal) break;
      assert.ok(round < ROUNDS, told);
    }
  };
  return onTap("process", "examples/http-native/main.ts", work, startTraced);
});
