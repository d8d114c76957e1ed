/**
 * An image on a TAP device in a network namespace, and Linux at the device's other end: everything set up as a user
 * would, by `ip` and `skerry run --tap`.
 *
 *   namespace   tap0: 10.77.0.1, fd77::1 ── the image: 10.77.0.2, fd77::2
 *
 * With `dynamic` addresses dnsmasq is the network's DHCP server and its router.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Skerry, ROOT } from "../functional/skerry.ts";
import { processTarget } from "../../src/targets/process/target.ts";
import { findQemu, qemuFacts } from "../../src/targets/qemu/probe.ts";
import type { Accelerator } from "../../src/targets/target.ts";
import { imageFor, type Weakening } from "../security/whole-machine.ts";
import { Capture } from "./capture.ts";
import { Namespace } from "./namespace.ts";
import { Peer } from "./peer.ts";

export const HOST = "10.77.0.1";
export const HOST6 = "fd77::1";
export const GUEST = "10.77.0.2";
export const GUEST6 = "fd77::2";
const FIXED = [
  "--address",
  `${GUEST}/24`,
  "--gateway",
  HOST,
  "--address6",
  `${GUEST6}/64`,
  "--gateway6",
  HOST6,
];
const TAP = "tap0";
const APP = "tests/apps/network/main.ts";
const FOUND_LIMIT_MS = 60_000;

export interface SiteOptions {
  /** Of `skerry run`: where to. */
  readonly target: readonly string[];
  readonly addresses?: "fixed" | "dynamic";
  readonly entry?: string;
  readonly words?: readonly string[];
  /** Of its kernel, to see a test fail: the process image is started by itself then, without IPv6. */
  readonly weakening?: Weakening;
  /** Every frame of the TAP device is kept. */
  readonly isCaptured?: boolean;
}

export class Site {
  readonly namespace = new Namespace();
  readonly folder = mkdtempSync(path.join(tmpdir(), "skerry-site-"));
  address = GUEST;
  address6 = GUEST6;
  machine: Skerry | undefined;
  peer!: Peer;
  capture: Capture | undefined;
  readonly #options: SiteOptions;
  #weakened: ChildProcess | undefined;

  private constructor(options: SiteOptions) {
    this.#options = options;
  }

  /** Resolves when the image answers at its addresses. */
  static async start(options: SiteOptions): Promise<Site> {
    const site = new Site(options);
    try {
      await site.#start();
      return site;
    } catch (error) {
      await site.remove();
      throw error;
    }
  }

  /** A fresh site for `work`, and nothing of it afterwards. */
  static async use(options: SiteOptions, work: (site: Site) => Promise<void>): Promise<void> {
    const site = await Site.start(options);
    try {
      await work(site);
    } finally {
      await site.remove();
    }
  }

  /** Starts the image anew, as after a power cut. */
  async reboot(): Promise<void> {
    await this.machine!.stop();
    await this.#boot();
  }

  /** Pages that the process that is the machine has written to: of its image, what is only read is the file's. */
  writtenBytes(): number {
    // Counted page by page: what `status` says is an estimate.
    const status = readFileSync(`/proc/${this.machineProcess()}/smaps_rollup`, "utf8");
    return Number(/^Anonymous:\s*(\d+) kB$/m.exec(status)![1]) * 1024;
  }

  /** The process that is the machine: the only child of the command. */
  machineProcess(): number {
    if (this.#weakened !== undefined) return this.#weakened.pid!;
    const { pid } = this.machine!.child;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
  }

  async remove(): Promise<void> {
    await this.machine?.stop();
    await this.capture?.stop();
    await this.namespace.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { namespace } = this;
    namespace.ip("tuntap", "add", TAP, "mode", "tap");
    namespace.ip("address", "add", `${HOST}/24`, "dev", TAP);
    namespace.ip("address", "add", `${HOST6}/64`, "dev", TAP, "nodad");
    namespace.ip("link", "set", TAP, "up");
    if (this.#options.isCaptured === true) {
      this.capture = await Capture.start(namespace, TAP, path.join(this.folder, "frames.pcap"));
    }
    if (this.#options.addresses === "dynamic") await this.#serveAddresses();
    this.peer = await Peer.start(namespace);
    await this.#boot();
  }

  async #boot(): Promise<void> {
    const { target, addresses = "fixed", entry = APP, words = [], weakening } = this.#options;
    if (weakening !== undefined) return this.#bootWeakened(entry, weakening);
    const network = addresses === "fixed" ? FIXED : ["--address6", "auto"];
    const command = ["run", entry, ...target, "--tap", TAP, ...network, ...words];
    this.machine = new Skerry(command, ROOT, this.namespace.prefix);
    await this.machine.printed(/on the network of tap0/);
    if (addresses === "dynamic") await this.#findAddresses();
    await this.peer.call("reach", { host: this.address, port: 80 });
    await this.peer.call("reach", { host: this.address6, port: 80 });
  }

  async #bootWeakened(entry: string, weakening: Weakening): Promise<void> {
    const { native } = await imageFor(processTarget, entry, [weakening]);
    const file = path.join(this.folder, "image");
    writeFileSync(file, native!.elf, { mode: 0o700 });
    const settings = (this.#options.words ?? []).filter((word) => word !== "--set");
    const words = [`net.tap=${TAP}`, `net.address=${GUEST}/24`, `net.gateway=${HOST}`, ...settings];
    this.#weakened = this.namespace.spawn([file, ...words], { stdio: "ignore" });
    await this.peer.call("reach", { host: GUEST, port: 80 });
  }

  async #serveAddresses(): Promise<void> {
    // A router announces a network only where it forwards.
    await this.namespace.succeed(["sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1"]);
    this.namespace.spawn([
      ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--log-dhcp"],
      ...["--user=root", "--group=", "--pid-file=", `--interface=${TAP}`, "--bind-interfaces", "--no-ping"],
      ...[`--dhcp-leasefile=${this.#leases}`, `--dhcp-range=10.77.0.100,10.77.0.200,1h`],
      ...["--enable-ra", "--dhcp-range=fd77::,ra-only", `--dhcp-option=option:router,${HOST}`],
    ]);
  }

  get #leases(): string {
    return path.join(this.folder, "leases");
  }

  /** What the server has given, and which neighbour of the announced network answers. */
  async #findAddresses(): Promise<void> {
    const limit = Date.now() + FOUND_LIMIT_MS;
    const found = (what: RegExp, text: string): string | undefined => what.exec(text)?.[1];
    for (;;) {
      const address = found(/(10\.77\.0\.1\d\d)/, await this.#read(this.#leases));
      // An image probes for the address that it is about to take: that names it.
      const log =
        this.capture === undefined
          ? ""
          : await this.capture.text("icmpv6.type == 135", "icmpv6.nd.ns.target_address");
      const address6 = found(/^(fd77:\S+)$/m, log.replaceAll(`${HOST6}\n`, ""));
      if (address !== undefined && address6 !== undefined) {
        [this.address, this.address6] = [address, address6];
        return;
      }
      if (Date.now() > limit)
        throw new Error(`no addresses: ${address}, ${address6}\n${this.machine!.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #read(file: string): Promise<string> {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return "";
    }
  }
}

type PlaceName = "process" | Accelerator;

/** Those of `names` where images run here: words of `skerry run`, by name. */
export async function places(
  ...names: readonly PlaceName[]
): Promise<Readonly<Record<string, readonly string[]>>> {
  const file = findQemu();
  const facts = file === undefined ? undefined : await qemuFacts(file);
  const runs = (name: PlaceName): boolean => name === "process" || facts?.problems[name] === null;
  const words = (name: PlaceName): string[] =>
    name === "process" ? ["--target", "process"] : ["--target", "qemu", "--accelerator", name];
  return Object.fromEntries(
    names.filter(runs).map((name) => [name === "process" ? name : `qemu, ${name}`, words(name)]),
  );
}
