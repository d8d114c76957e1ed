/** The servers of bulk data, as data. */
import { compileC } from "../network/c-program.ts";
import { TAP, type Stand } from "../network/ground.ts";
import { qemuProblem } from "../network/hypervisor.ts";
import { processImage } from "../network/images.ts";
import { machineCommand } from "../network/machine-command.ts";
import type { Choice } from "../network/machine.ts";

const ENTRY = "bench/apps/bulk.ts";

export interface Peer {
  readonly name: string;
  readonly stands: Stand;
  readonly hasOneThread: boolean;
  readonly problem?: () => string | undefined;
  command(address: string, configuration: readonly string[]): Promise<readonly string[]>;
}

export const LINUX: Peer = {
  name: "Linux",
  stands: "host",
  hasOneThread: true,
  command: (address) => Promise.resolve([compileC("bulk/peer.c"), "serve", address]),
};

export const PROCESS: Peer = {
  name: "skerry process",
  stands: "tap",
  hasOneThread: true,
  command: async (_address, configuration) => [await processImage(ENTRY), `net.tap=${TAP}`, ...configuration],
};

/** Behind the gateway, which listens in the machine's place: the discard and chargen ports of `bench/apps/bulk.ts`. */
const PORTS = [9, 19];
const behindGateway =
  (choice: Omit<Choice, "network" | "forwards">): Peer["command"] =>
  (address) => {
    const forwards = PORTS.map((port) => ({ address, port, guestPort: port }));
    return Promise.resolve(machineCommand(ENTRY, { ...choice, network: "gateway", forwards }));
  };

export const PROCESS_GATEWAY: Peer = {
  name: "skerry process, gateway",
  stands: "host",
  hasOneThread: false,
  command: behindGateway({ target: "process" }),
};

export const KVM_GATEWAY: Peer = {
  name: "skerry KVM, gateway",
  stands: "host",
  hasOneThread: false,
  problem: () => qemuProblem("kvm"),
  command: behindGateway({ target: "qemu", accelerator: "kvm" }),
};

export const KVM: Peer = {
  name: "skerry KVM",
  stands: "tap",
  hasOneThread: false,
  problem: () => qemuProblem("kvm"),
  command: (_address, configuration) =>
    Promise.resolve(
      machineCommand(ENTRY, { target: "qemu", accelerator: "kvm", network: "tap", tap: TAP, configuration }),
    ),
};
