/** Every frame of a device, and what Wireshark's dissectors think of them. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { framesOf, transportChecksum } from "./frames.ts";
import type { Namespace } from "./namespace.ts";

/** Sent by the image: its hardware address, the same on every target. */
const FROM_GUEST = "eth.src == 02:53:4b:00:00:0f";

const GUEST_HARDWARE = "02534b00000f";
/** Transport checksums are ours to judge (`frames.ts`); putting bodies together takes minutes. */
const PREFERENCES = [
  ...["ip.check_checksum:TRUE", "tcp.check_checksum:FALSE", "udp.check_checksum:FALSE"],
  ...["tcp.desegment_tcp_streams:FALSE", "tcp.reassemble_out_of_order:FALSE"],
].flatMap((preference) => ["-o", preference]);

/** Bytes of tests are no protocol, but some guess would fit: what ports carry is data. */
const DATA_PORTS = ["tcp.port==7", "tcp.port==9", "tcp.port==19", "tcp.port==80", "udp.port==7"].flatMap(
  (port) => ["-d", `${port},data`],
);

/** What is wrong with a frame whatever the other side did. */
const FAULTS = [
  "_ws.malformed",
  "ip.checksum.status == 0",
  "icmp.checksum.status == 0",
  "icmpv6.checksum.status == 0",
  "_ws.expert.severity == 0x00800000", // error
  "tcp.analysis.ack_lost_segment",
];

const FINDINGS_SHOWN = 5;
const PROBE = "tcp.analysis.zero_window_probe";

export interface Seen {
  /** That the image has sent. */
  readonly frames: number;
  /** Of a closed window. */
  readonly probes: number;
  /** Frames that no honest TCP/IP sends, the first of them. */
  readonly findings: readonly string[];
}

export class Capture {
  readonly file: string;
  readonly #namespace: Namespace;
  readonly #child: ChildProcess;

  static async start(namespace: Namespace, device: string, file: string): Promise<Capture> {
    const words = ["dumpcap", "-q", "-B", "64", "-i", device, "-w", file, "-P"];
    const child = namespace.spawn(words, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    for await (const piece of child.stderr!.iterator({ destroyOnReturn: false })) {
      said += String(piece);
      if (said.includes("File: ")) break; // having opened the device
    }
    if (!said.includes("File: ")) throw new Error(`dumpcap: ${said}`);
    child.stderr!.resume();
    return new Capture(namespace, child, file);
  }

  private constructor(namespace: Namespace, child: ChildProcess, file: string) {
    this.#namespace = namespace;
    this.#child = child;
    this.file = file;
  }

  /** `field` of every frame so far that `filter` lets through, a line each; what stands last may be cut off. */
  async text(filter: string, ...fields: readonly string[]): Promise<string> {
    const wanted = fields.flatMap((field) => ["-e", field]);
    const words = [
      "tshark",
      "-n",
      "-r",
      this.file,
      ...PREFERENCES,
      ...DATA_PORTS,
      "-Y",
      filter,
      "-T",
      "fields",
      ...wanted,
    ];
    return (await this.#namespace.run(words)).output;
  }

  /** So far: how often the image has asked whether a closed window had opened. */
  async probes(): Promise<number> {
    const lines = await this.text(`${FROM_GUEST} && ${PROBE}`, "frame.number");
    return lines.split("\n").length - 1;
  }

  /** Ends the capture, and says what is in it. */
  async finish(): Promise<Seen> {
    await this.stop();
    const isFault = FAULTS.join(" || ");
    const lines = await this.text(
      `${FROM_GUEST} && (${isFault} || ${PROBE})`,
      ...[PROBE, "frame.number", "_ws.col.Protocol", "_ws.col.Info", "_ws.expert.message"],
    );
    const found = lines.split("\n").filter(Boolean);
    const faults = found.filter((line) => line.startsWith("\t"));
    const frames = [...framesOf(this.file)].filter(
      (frame) => frame.toString("hex", 6, 12) === GUEST_HARDWARE,
    );
    const badSums = frames.filter((frame) => transportChecksum(frame) === "wrong");
    const findings = [...faults, ...badSums.map((frame) => `checksum: ${frame.toString("hex")}`)];
    return {
      frames: frames.length,
      probes: found.length - faults.length,
      findings: findings.slice(0, FINDINGS_SHOWN),
    };
  }

  /** Ends the capture; what was seen is in the file. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
