/**
 * The machine's thread: guest and gateway at the two ends of one cable. Its first message is the machine to start.
 */
import { parentPort } from "node:worker_threads";
import { Gateway, GUEST_HARDWARE_ADDRESS } from "../../gateway/gateway.ts";
import { parseGrant } from "../../gateway/grant.ts";
import { UserError } from "../../image/user-error.ts";
import { createCable } from "../../link/cable.ts";
import { configurationText, openPcap, type PcapFile } from "../configuration.ts";
import type { WorkerMessage, WorkerRequest, WorkerStart } from "./messages.ts";
import { HostedMachine } from "./machine.ts";

const say = (message: WorkerMessage): void => parentPort!.postMessage(message);

let machine: HostedMachine | undefined;
let gateway: Gateway | undefined;
let pcapFile: PcapFile | undefined;

parentPort!.once("message", (start: WorkerStart) => {
  parentPort!.on("message", hear);
  // What is no `UserError` ends the thread, and is told as its failure.
  void launch(start).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    say({ kind: "refused", code: error.code, message: error.message, hint: error.hint });
  });
});

function hear(request: WorkerRequest): void {
  if (request === "stop") stop();
  else if (request !== "status") void ask(request.port);
  else if (machine !== undefined) say({ kind: "status", status: machine.status() });
}

async function ask(port: number): Promise<void> {
  say({ kind: "answers", port, isListening: (await gateway?.answers(port)) ?? false });
}

async function launch(start: WorkerStart): Promise<void> {
  const { image } = start;
  const [guestEnd, gatewayEnd] = createCable();
  pcapFile = openPcap(start.pcapFile, (text) => say({ kind: "console", stream: 2, text }));
  const guest = pcapFile.watch(guestEnd);
  // A file of frames is read by who wants to see them as they would be on a wire.
  const offloads = start.pcapFile === undefined;
  if (image.manifest.services.includes("ip")) {
    gateway = new Gateway({
      device: gatewayEnd,
      offloads,
      forwards: start.forwards.map((forward) => ({ ...forward, protocol: "tcp" as const })),
      outbound: start.outbound.map(parseGrant),
      report: (message) => say({ kind: "console", stream: 2, text: `gateway: ${message.trimEnd()}\n` }),
    });
  }
  const forwards = (await gateway?.start()) ?? [];
  const decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
  machine = new HostedMachine(image, {
    configuration: configurationText(start),
    hardwareAddress: GUEST_HARDWARE_ADDRESS,
    device: guest,
    offloads,
    console: (stream, bytes) => {
      say({ kind: "console", stream, text: decoders[stream].decode(bytes, { stream: true }) });
    },
    ended,
  });
  machine.start();
  say({ kind: "ready", forwards });
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
  pcapFile?.close();
  parentPort!.close();
}
