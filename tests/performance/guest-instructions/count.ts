/** Counts the instructions of a guest under TCG: builds the plugin beside this file and reads what it writes. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** What had been executed when the guest printed, went to sleep, or, where there is a profile, ended. */
export interface Count {
  readonly event: "outsb" | "hlt" | "end";
  /** Before the image's entry. */
  readonly firmware: number;
  readonly keel: number;
  readonly ring3: number;
  /** Of `rep` instructions, beyond the first of each. */
  readonly iterations: number;
  /** What a hypervisor would have to look at; accesses to devices only where there is a profile. */
  readonly exits: number;
}

/** How often the instruction at an address was executed, and how often a hypervisor would have had to look at that. */
export interface InstructionCount {
  readonly address: bigint;
  readonly count: number;
  readonly exits: number;
}

/** Whether a plugin can be built and run here. */
export function canCount(): boolean {
  return [["cc"], ["qemu-system-x86_64"]].every(([name]) => spawnSync(name!, ["--version"]).status === 0);
}

export class InstructionCounter {
  /** Of its own, for what a guest needs too. */
  readonly folder = mkdtempSync(path.join(tmpdir(), "skerry-count-"));
  readonly #plugin = path.join(this.folder, "plugin.so");
  readonly #output = path.join(this.folder, "counts");
  readonly #profile = path.join(this.folder, "profile");

  constructor() {
    const source = path.join(import.meta.dirname, "plugin.c");
    execFileSync("cc", ["-O2", "-fPIC", "-shared", "-o", this.#plugin, source]);
  }

  /** For QEMU's command line. */
  get options(): string[] {
    return ["-plugin", `${this.#plugin},out=${this.#output}`];
  }

  /** As `options`, and each instruction of keel and ring 3 is counted by itself. */
  get profileOptions(): string[] {
    return ["-plugin", `${this.#plugin},out=${this.#output},profile=${this.#profile}`];
  }

  /** After the guest's end. */
  readProfile(): InstructionCount[] {
    const lines = readFileSync(this.#profile, "latin1").trim().split("\n");
    return lines.map((line) => {
      const [address, count, exits] = line.split(" ") as [string, string, string];
      return { address: BigInt(`0x${address}`), count: Number(count), exits: Number(exits) };
    });
  }

  /** In order. */
  read(): Count[] {
    const lines = readFileSync(this.#output, "latin1").trim().split("\n");
    return lines.map((line) => {
      const [event, ...numbers] = line.split(" ");
      const [firmware, keel, ring3, iterations, exits] = numbers.map(Number) as [
        number,
        number,
        number,
        number,
        number,
      ];
      return { event: event as Count["event"], firmware, keel, ring3, iterations, exits };
    });
  }
}
