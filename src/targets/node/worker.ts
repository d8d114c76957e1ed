/**
 * The machine's thread: guest and gateway at the two ends of one cable.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Gateway, GATEWAY_ADDRESS, GUEST_ADDRESS, GUEST_HARDWARE_ADDRESS } from "../../gateway/gateway.ts";
import { parseGrant } from "../../gateway/grant.ts";
import { UserError } from "../../image/user-error.ts";
import { createCable } from "../../link/cable.ts";
import type { Device } from "../../link/device.ts";
import { pcap } from "../../link/pcap.ts";
import type { WorkerMessage, WorkerRequest, WorkerStart } from "./messages.ts";
import { HostedMachine } from "./machine.ts";

const start = workerData as WorkerStart;
const say = (message: WorkerMessage): void => parentPort!.postMessage(message);

let machine: HostedMachine | undefined;
let gateway: Gateway | undefined;
let pcapFile: number | undefined;

try {
  await launch();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  say({ kind: "refused", code: error.code, message: error.message, hint: error.hint });
}
parentPort!.on("message", (request: WorkerRequest) => {
  if (request === "stop") stop();
  else if (machine !== undefined) say({ kind: "status", status: machine.status() });
});

async function launch(): Promise<void> {
  const { image } = start;
  const [guestEnd, gatewayEnd] = createCable();
  const guest = watched(guestEnd);
  if (image.manifest.services.includes("ip")) {
    gateway = new Gateway({
      device: gatewayEnd,
      forwards: start.forwards.map((forward) => ({ ...forward, protocol: "tcp" as const })),
      outbound: start.outbound.map(parseGrant),
      report: (message) => say({ kind: "console", stream: 2, text: `gateway: ${message.trimEnd()}\n` }),
    });
  }
  const forwards = (await gateway?.start()) ?? [];
  const decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
  machine = new HostedMachine(image, {
    configuration: configuration(),
    hardwareAddress: GUEST_HARDWARE_ADDRESS,
    device: guest,
    console: (stream, bytes) => {
      say({ kind: "console", stream, text: decoders[stream].decode(bytes, { stream: true }) });
    },
    ended,
  });
  machine.start();
  say({ kind: "ready", forwards });
}

function watched(device: Device): Device {
  if (start.pcapFile === undefined) return device;
  try {
    pcapFile = openSync(start.pcapFile, "w");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      "pcap",
      `--pcap: the file cannot be written: ${reason}`,
      "give a file in a folder that exists",
    );
  }
  const file = pcapFile;
  const now = () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
  return pcap(device, (bytes) => writeSync(file, bytes), now);
}

/** The guest's boot configuration. */
function configuration(): string {
  const lines = [
    `net.address=${GUEST_ADDRESS}/24`,
    `net.gateway=${GATEWAY_ADDRESS}`,
    `net.dns=${GATEWAY_ADDRESS}`,
    ...Object.entries(start.environment).map(([name, value]) => `env.${name}=${value}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** The machine is over. Said after this turn: it may have ended in its start, before it was said to be ready. */
function ended(status: number): void {
  setImmediate(() => {
    say({ kind: "exited", status });
    stop();
  });
}

function stop(): void {
  machine?.stop();
  gateway?.stop();
  if (pcapFile !== undefined) closeSync(pcapFile);
  pcapFile = undefined;
  parentPort!.close();
}
