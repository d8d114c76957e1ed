/**
 * What every way to launch an image has in common. Each target folder repeats the same file names.
 */
import type { Image } from "../image/image.ts";

export interface Forward {
  readonly hostAddress: string;
  /** 0: any free port. */
  readonly hostPort: number;
  readonly guestPort: number;
}

export interface MachineOptions {
  readonly forwards: readonly Forward[];
  readonly environment: Readonly<Record<string, string>>;
  /** Destinations the guest may reach through the gateway: `host:port`, `*` stands for any. */
  readonly outbound: readonly string[];
  /** Writes every frame on the guest's cable to this file. */
  readonly pcapFile?: string;
  /** Console bytes as they come; stream 1 is output, 2 errors. */
  readonly onConsole: (stream: 1 | 2, text: string) => void;
}

export interface MachineStatus {
  /** Of each compartment's linear memory, what was ever written: 4 KiB pages that hold more than zeros. */
  readonly kernelTouchedBytes: number;
  readonly appTouchedBytes: number;
}

export interface Machine {
  /** The forwards as they are bound, host ports filled in. */
  readonly forwards: readonly Forward[];
  /** Resolves with the exit status when the machine has ended, however it did. */
  readonly exited: Promise<number>;
  /** Facts of the running machine. Rejects once it has ended. */
  status(): Promise<MachineStatus>;
  /** Ends the machine and everything that belongs to it. */
  stop(): Promise<void>;
}

export interface Target {
  readonly name: "node";
  /** Starts `image`; resolves when its ports are bound and the app's `start` has run. */
  start(image: Image, options: MachineOptions): Promise<Machine>;
}
