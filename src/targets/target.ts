/**
 * What every way to launch an image has in common. Each target folder repeats the same file names.
 *
 * Tests: conformance.cases.ts, run over every target
 */
import type { Image } from "../image/image.ts";
import type { LinkedProgram } from "../linker/linked.ts";

export interface Forward {
  readonly hostAddress: string;
  /** 0: any free port. */
  readonly hostPort: number;
  readonly guestPort: number;
}

export interface MachineOptions {
  readonly forwards: readonly Forward[];
  readonly environment: Readonly<Record<string, string>>;
  /** What the guest may begin to talk to, as `gateway/grant.ts` reads it: kept by the guest, and by the gateway again. */
  readonly outbound: readonly string[];
  /** Writes every frame on the guest's cable to this file. */
  readonly pcapFile?: string;
  /** Of the virtual machine, in MiB; of a process, what its app may take at most. */
  readonly memoryMiB?: number;
  /** Of `qemu`; without it the best one under which a guest really runs. */
  readonly accelerator?: Accelerator;
  /** A TAP device of the host in place of the gateway: the guest finds its address by DHCP there, or is told one. */
  readonly tap?: string;
  /** Further `key=value` lines of the boot configuration. */
  readonly configuration?: readonly string[];
  /** Console bytes as they come; stream 1 is output, 2 errors. */
  readonly onConsole: (stream: 1 | 2, text: string) => void;
}

export const ACCELERATORS = ["kvm", "tcg"] as const;
export type Accelerator = (typeof ACCELERATORS)[number];

/** Of each compartment's linear memory, what was ever written: 4 KiB pages that hold more than zeros. */
export interface TouchedMemory {
  readonly kernelTouchedBytes: number;
  readonly appTouchedBytes: number;
}

/** What the host's memory holds of the process that is the machine, shared pages included. */
export interface ResidentMemory {
  readonly residentBytes: number;
}

/** What each target can truly tell. */
export type MachineStatus = TouchedMemory | ResidentMemory;

export interface Machine<Status extends MachineStatus = MachineStatus> {
  /** The forwards as they are bound, host ports filled in. */
  readonly forwards: readonly Forward[];
  /** Resolves with the exit status when the machine has ended, however it did. */
  readonly exited: Promise<number>;
  /**
   * Whether its program listens at this port, as far as a gateway can ask. Waits as long as the machine is silent, for
   * ever where it has ended.
   */
  answers(guestPort: number): Promise<boolean>;
  /** Facts of the running machine. Rejects once it has ended. */
  status(): Promise<Status>;
  /** Ends the machine and everything that belongs to it. */
  stop(): Promise<void>;
}

/** An image as machine code for a platform. */
export interface NativeProgram {
  /** What is loaded and started. */
  readonly elf: Uint8Array;
  /** What a virtual machine is to boot from instead, with the firmware of a PC. */
  readonly disk?: BootDisk;
  /** Where everything of it went: what a crash report is made from. */
  readonly linked: ProgramPlaces;
}

export interface BootDisk {
  /** The disk, with these lines of configuration beside its own, which they beat. */
  configured(text: string): Uint8Array;
}

export type ProgramPlaces = Pick<LinkedProgram, "instances" | "regions">;

type Facts = "manifest" | "inputs";

/** What a target can start: an image's modules, or what was made of them for its platform, or both. */
export interface Launchable extends Partial<Omit<Image, Facts>>, Pick<Image, Facts> {
  /** For the target's platform; not looked at by a target that has none. */
  readonly native?: NativeProgram;
}

export interface Target<Status extends MachineStatus = MachineStatus> {
  readonly name: TargetName;
  /** The platform that its images are compiled for; absent where the modules themselves are run. */
  readonly platform?: "process" | "bare";
  /** Starts `image`; resolves when its ports are bound and the app's `start` has run. */
  start(image: Launchable, options: MachineOptions): Promise<Machine<Status>>;
  /** Makes ready what the next start needs whatever its image; for who will start another. */
  warm?(): void;
}

export const TARGET_NAMES = ["node", "process", "qemu"] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

/** What a machine that was stopped, and did not end by itself, reports: 128 + SIGTERM. */
export const STOPPED_STATUS = 143;
/** Of a machine that ended by a fault below the app: EX_SOFTWARE of sysexits. */
export const FAULT_STATUS = 70;
