/** A machine whose process is measured: processor time, page faults and memory, as the system counts them. */
import http from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { buildNativeImage } from "../../src/build/native-image.ts";
import { buildImage } from "../../src/image/image.ts";
import type { IsolationOption } from "../../src/image/isolation.ts";
import type { MachineOptions, Target } from "../../src/targets/target.ts";

export interface Counted {
  readonly cpuMs: number;
  /** Pages that the system gave without reading anything. */
  readonly faults: number;
  /** Pages of its own, and what maps them; a page that all compartments show counts for none. */
  readonly privateBytes: number;
}

const TICK_MS = 10;
const KIB = 1024;

export class MeasuredMachine {
  readonly stop: () => Promise<void>;
  readonly #pid: number;
  readonly #port: number;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(pid: number, port: number, stop: () => Promise<void>) {
    this.#pid = pid;
    this.#port = port;
    this.stop = async () => {
      this.#agent.destroy();
      await stop();
    };
  }

  static async start(
    entry: string,
    isolation: IsolationOption,
    target: Target,
    more: Partial<MachineOptions> = {},
  ): Promise<MeasuredMachine> {
    const image = await buildImage(entry, { isolation });
    const native = await buildNativeImage(image, target.platform!);
    const before = new Set(children());
    const machine = await target.start(
      { ...image, native },
      {
        forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
        environment: {},
        outbound: [],
        onConsole: (_stream, text) => void process.stderr.write(text),
        ...more,
      },
    );
    const pid = children().find((child) => !before.has(child));
    if (pid === undefined) throw new Error("the machine's process was not found");
    return new MeasuredMachine(pid, machine.forwards[0]!.hostPort, () => machine.stop());
  }

  counted(): Counted {
    const [, after] = readFileSync(`/proc/${this.#pid}/stat`, "latin1").split(") ");
    const fields = after!.split(" ");
    return {
      faults: Number(fields[7]),
      cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
      privateBytes: (this.#statusKiB("RssAnon") + this.#statusKiB("VmPTE")) * KIB,
    };
  }

  #statusKiB(name: string): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, "latin1");
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)![1]);
  }

  /** One after the other over one connection: the whole status and body of each is awaited. */
  async ask(
    count: number,
    headersOf: (index: number) => http.OutgoingHttpHeaders = () => ({}),
  ): Promise<void> {
    for (let index = 0; index < count; index++) await this.#one(headersOf(index));
  }

  #one(headers: http.OutgoingHttpHeaders): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.#port, path: "/there", agent: this.#agent, headers };
      const request = http.get(options, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.resume();
        response.on("end", resolve);
        response.on("error", reject);
      });
      request.on("error", reject);
    });
  }
}

/** Processes that this one started. */
function children(): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "latin1").split(") ")[1]!.split(" ");
      return Number(fields[1]) === process.pid ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
