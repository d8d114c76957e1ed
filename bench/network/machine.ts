/**
 * Starts one Skerry image for a benchmark and says when it listens: a program of its own, so that it can be put into a
 * namespace and on a processor.
 *
 *   machine ENTRY CHOICE-AS-JSON
 */
import { requireNative, runNative } from "../../src/targets/native/machine.ts";
import { PrivateFiles } from "../../src/targets/native/private-files.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { launchable } from "./images.ts";
import { spawnGuest } from "../../src/targets/qemu/child.ts";
import { guestWords } from "../../src/targets/qemu/command-line.ts";
import { qemuFacts, requireQemu } from "../../src/targets/qemu/probe.ts";
import { DEFAULT_MEMORY_MIB, qemuTarget } from "../../src/targets/qemu/target.ts";
import type { Accelerator, Launchable, Machine, MachineOptions, Target } from "../../src/targets/target.ts";

export interface Choice {
  readonly target: "node" | "process" | "qemu";
  readonly accelerator?: Accelerator;
  /** TAP: the device's name. Gateway and slirp: what `forwards` say, of which slirp takes the first. */
  readonly network: "tap" | "gateway" | "slirp";
  readonly tap?: string;
  readonly configuration?: readonly string[];
  readonly forwards?: readonly {
    readonly address: string;
    readonly port: number;
    readonly guestPort: number;
  }[];
}

/** Of QEMU's user network. */
const SLIRP_CONFIGURATION = "net.address=10.0.2.15/24\nnet.gateway=10.0.2.2\nnet.dns=10.0.2.3\n";
const TARGETS: Readonly<Record<Choice["target"], Target>> = {
  node: nodeTarget,
  process: processTarget,
  qemu: qemuTarget,
};

/** As the `qemu` target starts it, but on QEMU's own user network, which is our gateway's rival. */
async function startOnSlirp(
  image: Launchable,
  { accelerator = "kvm", forwards = [] }: Choice,
  options: MachineOptions,
): Promise<Machine> {
  const facts = await qemuFacts(requireQemu());
  const { version, hasSandbox } = facts;
  const files = new PrivateFiles();
  const kernelFile = files.write("image", requireNative(image).elf);
  const configurationFile = files.write("configuration", SLIRP_CONFIGURATION);
  const guest = { machine: "microvm", accelerator, version, hasSandbox, kernelFile } as const;
  const devices = { configurationFile, network: { kind: "cable" } } as const;
  const { address, port, guestPort } = forwards[0]!;
  const words = guestWords({ ...guest, memoryMiB: DEFAULT_MEMORY_MIB }, devices);
  const joined = words.map((word) =>
    word.startsWith("socket,id=net,") ? `user,id=net,hostfwd=tcp:${address}:${port}-:${guestPort}` : word,
  );
  return runNative(image, options, () => spawnGuest(facts, joined, false, () => files.remove()));
}

function start(image: Launchable, choice: Choice): Promise<Machine> {
  const { target, network, accelerator, tap, forwards = [], configuration = [] } = choice;
  const options: MachineOptions = {
    forwards: (network === "gateway" ? forwards : []).map(({ address, port, guestPort }) => {
      return { hostAddress: address, hostPort: port, guestPort };
    }),
    environment: {},
    outbound: [],
    configuration,
    ...(accelerator === undefined ? {} : { accelerator }),
    ...(tap === undefined ? {} : { tap }),
    onConsole: (_stream, text) => void process.stderr.write(text),
  };
  if (network === "slirp") return startOnSlirp(image, choice, options);
  return TARGETS[target].start(image, options);
}

const [entry, choiceText] = process.argv.slice(2);
const choice = JSON.parse(choiceText!) as Choice;
const machine = await start(await launchable(entry!, TARGETS[choice.target].platform), choice);
console.log("listening on");
process.exitCode = await machine.exited;
