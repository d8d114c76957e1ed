/**
 * Whole machines whose cable a test holds: frames in, frames out, as a stranger on the same wire. Hosted in this process, or
 * a Linux process of its own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { GUEST_HARDWARE_ADDRESS as GUEST } from "../../src/gateway/gateway.ts";
import { createCable } from "../../src/link/cable.ts";
import type { Device } from "../../src/link/device.ts";
import { streamDevice } from "../../src/link/stream.ts";
import { HostedMachine } from "../../src/targets/node/machine.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { arp, BROADCAST, ethernet, ipText, PEER, read16, type Bytes } from "../../tools/frames.ts";
import { imageFor, type Weakening } from "./whole-machine.ts";

export const OUR = "10.0.2.15";
export const ROUTER = "10.0.2.2";
export { GUEST };
const CONFIGURATION = [`net.address=${OUR}/24`, `net.gateway=${ROUTER}`];
const CABLE = 3;
const CONTROL = 4;
const ANSWER_LIMIT_MS = 30_000;
/** Frames that are sent before the answers are waited for: no queue on the way is shorter. */
const BATCH = 128;

export interface Stranger {
  /** Sends frames, and waits for so many answers to each batch, other frames aside: all that came. */
  ask(frames: readonly Bytes[], isAnswer: (frame: Bytes) => boolean, each: number): Promise<Bytes[]>;
  stop(): Promise<void>;
}

export const HOSTS = ["hosted", "process"] as const;
export type HostName = (typeof HOSTS)[number];

/** Starts an app of `tests/apps` with a cable that ends here, and tells it who the router is. */
export async function meet(
  host: HostName,
  app: string,
  weakenings: readonly Weakening[] = [],
): Promise<Stranger> {
  const { device, stop } = await (host === "hosted" ? startHosted : startProcess)(app, weakenings);
  const came: Bytes[] = [];
  const drain = (): void => {
    for (let frame = device.receive(); frame !== undefined; frame = device.receive()) {
      if (asksForRouter(frame)) device.send(ROUTER_IS_HERE);
      came.push(frame);
    }
  };
  device.onArrival(drain);
  const ask: Stranger["ask"] = async (frames, isAnswer, each) => {
    const answers: Bytes[] = [];
    const take = (): void => {
      drain();
      for (const frame of came.splice(0)) if (isAnswer(frame)) answers.push(frame);
    };
    for (let at = 0; at < frames.length; at += BATCH) {
      // What a full cable does not take now it takes when the machine had its turn.
      for (const frame of frames.slice(at, at + BATCH)) while (!device.send(frame)) await sleep(1);
      const wanted = Math.min(at + BATCH, frames.length) * each;
      const end = Date.now() + ANSWER_LIMIT_MS;
      for (take(); answers.length < wanted; take()) {
        if (Date.now() > end) throw new Error(`${answers.length} answers, expected ${wanted}`);
        await sleep(1);
      }
    }
    return answers;
  };
  const question = arp({ operation: 1, senderHardware: PEER, sender: ROUTER, target: OUR });
  await ask([ethernet(BROADCAST, PEER, 0x0806, question)], (frame) => frame[13] === 6, 1);
  return { ask, stop };
}

const ROUTER_IS_HERE = ethernet(
  GUEST,
  PEER,
  0x0806,
  arp({ operation: 2, senderHardware: PEER, sender: ROUTER, targetHardware: GUEST, target: OUR }),
);

/** A slow machine asks again: what it believes of its neighbours is good for a minute. */
function asksForRouter(frame: Bytes): boolean {
  return read16(frame, 12) === 0x0806 && read16(frame, 20) === 1 && ipText(frame, 38) === ROUTER;
}

interface Held {
  readonly device: Device;
  stop(): Promise<void>;
}

async function startHosted(app: string, weakenings: readonly Weakening[]): Promise<Held> {
  const [inner, device] = createCable();
  const image = await imageFor(nodeTarget, app, weakenings);
  if (image.kernel === undefined || image.app === undefined) throw new Error(`${app} has no modules`);
  const machine = new HostedMachine(
    { ...image, kernel: image.kernel, app: image.app },
    {
      configuration: CONFIGURATION.map((line) => `${line}\n`).join(""),
      hardwareAddress: GUEST,
      device: inner,
      console: () => {},
      ended: () => {},
    },
  );
  machine.start();
  return { device, stop: async () => machine.stop() };
}

async function startProcess(app: string, weakenings: readonly Weakening[]): Promise<Held> {
  const { native } = await imageFor(processTarget, app, weakenings);
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-stranger-"));
  const file = path.join(folder, "image");
  writeFileSync(file, native!.elf, { mode: 0o700 });
  const words = [`net.socket=${CABLE}`, ...CONFIGURATION];
  const child = spawn(file, words, { env: {}, stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const control = child.stdio[CONTROL] as Duplex;
  control.on("error", () => {}).resume();
  const device = streamDevice(child.stdio[CABLE] as Duplex, () => {});
  const exited = once(child, "exit");
  return {
    device,
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}
