/**
 * The gateway: the host's end of a guest's cable, joining its Ethernet frames to host sockets without privileges.
 *
 *   guest 10.0.2.15 ── cable ── stack 10.0.2.2 ──┬── forwards: host ports that lead to the guest
 *                   (frames in another's       ├── outbound: what grants open, nothing else
 *                    name are dropped)           │
 *                                                ├── DHCP: one lease
 *                                                └── names: port 53, answered by the host's resolver
 *
 * The stack is the guest's own, compiled once more and instantiated here: what one side gets wrong the other
 * would notice. This file composes; it decides nothing.
 *
 * Tests: gateway.test.ts
 */
import { EnterStatus } from "../abi/entry.ts";
import { OFFLOAD_HEADER_BYTES } from "../abi/net.ts";
import type { Device } from "../link/device.ts";
import { pcap, type PcapSink } from "../link/pcap.ts";
import { platformImports } from "./platform.ts";
import { formatIpv4, parseIpv4, parseIpv6 } from "./address.ts";
import { Blocks } from "./blocks.ts";
import { TcpForward, type Forward } from "./forward.ts";
import { guardFrames } from "./frame-guard.ts";
import { Grants, leadsToIpv6, type Grant } from "./grant.ts";
import { gatewayModule } from "./module.ts";
import { NameStream } from "./name-stream.ts";
import { Names, type Resolver } from "./names.ts";
import { Border, Outbound } from "./outbound.ts";
import { OwnAddresses } from "./own-addresses.ts";
import { Stack, type Arrivals, type Endpoint } from "./stack.ts";
import { Turns } from "./turns.ts";
import { Datagrams } from "./udp.ts";

export const GATEWAY_ADDRESS = "10.0.2.2";
export const GUEST_ADDRESS = "10.0.2.15";
const PREFIX_LENGTH = 24;
/** Of a cable whose grants lead to IPv6: a network of its own (RFC 4193). */
export const GATEWAY_ADDRESS6 = "fd53:4b00::2";
export const GUEST_ADDRESS6 = "fd53:4b00::15";
export const PREFIX_LENGTH6 = 64;
const GATEWAY6 = parseIpv6(GATEWAY_ADDRESS6)!;
const GUEST6 = parseIpv6(GUEST_ADDRESS6)!;
/** RFC 1035 4.2. */
const DNS_PORT = 53;
/** Locally administered (IEEE 802 8.2), fixed so that traces compare. */
export const GATEWAY_HARDWARE_ADDRESS = Uint8Array.of(0x02, 0x53, 0x4b, 0x00, 0x00, 0x02);
export const GUEST_HARDWARE_ADDRESS = Uint8Array.of(0x02, 0x53, 0x4b, 0x00, 0x00, 0x0f);

export interface GatewayOptions {
  readonly device: Device;
  /** The guest leaves checksums and segments to this end and takes them so, with virtio's header before each frame. */
  readonly offloads?: boolean;
  readonly forwards?: readonly Forward[];
  /** What the guest may reach; nothing by default. */
  readonly outbound?: readonly Grant[];
  readonly guestAddress?: string;
  /** Hears of each destination the guest was refused, once. */
  readonly report?: (message: string) => void;
  /** Takes all frames, as a pcap stream. */
  readonly pcap?: PcapSink;
  /** In place of the host's resolver. */
  readonly resolver?: Resolver;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #device: Device;
  readonly #guest: number;
  readonly #address = parseIpv4(GATEWAY_ADDRESS)!;
  readonly #hasIpv6: boolean;
  readonly #blocks = new Blocks();
  readonly #forwards: TcpForward[] = [];
  readonly #names: Names;
  readonly #border: Border;
  readonly #turns: Turns;
  #stack: Stack | undefined;
  #outbound: Outbound | undefined;
  #datagrams: Datagrams | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const device = options.pcap === undefined ? options.device : pcap(options.device, options.pcap, realtime);
    const guest = parseIpv4(options.guestAddress ?? GUEST_ADDRESS);
    if (guest === undefined) throw new Error(`guest address: ${options.guestAddress} is not IPv4`);
    this.#guest = guest;
    const grants = new Grants(options.outbound ?? [], undefined, new OwnAddresses());
    this.#hasIpv6 = leadsToIpv6(options.outbound ?? []);
    this.#names = new Names(grants, options.resolver, this.#hasIpv6);
    this.#border = new Border(
      grants,
      this.#hasIpv6 ? [guest, GUEST6] : [guest],
      this.#hasIpv6 ? [this.#address, GATEWAY6] : [this.#address],
      options.report ?? (() => {}),
    );
    this.#device = guardFrames(device, {
      guestAddress: guest,
      guestAddress6: this.#hasIpv6 ? GUEST6 : undefined,
      guestHardware: GUEST_HARDWARE_ADDRESS,
      headerBytes: options.offloads === true ? OFFLOAD_HEADER_BYTES : 0,
      dropped: (what) => this.#border.dropFrame(what),
    });
    this.#turns = new Turns(
      () => this.#stack?.exports.begin(),
      () => this.#running().exports.turn(),
      () => process.hrtime.bigint(),
    );
  }

  /** Starts the stack and opens every forward: the forwards with the ports they got. Throws `UserError`. */
  async start(): Promise<readonly Forward[]> {
    const module = await WebAssembly.compile((await gatewayModule()) as BufferSource);
    const stack = new Stack(
      module,
      (memory) => this.#imports(memory),
      this.#arrivals(),
      () => this.#turns.wake(),
    );
    this.#stack = stack;
    this.#outbound = new Outbound(stack, this.#turns, this.#blocks);
    this.#datagrams = new Datagrams(
      stack,
      this.#border,
      this.#guest,
      this.#address,
      this.#hasIpv6 ? GUEST6 : undefined,
    );
    this.#device.onArrival(() => this.#turns.wake());
    this.#turns.wake();
    try {
      return await this.#openForwards(stack);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  stop(): void {
    this.#turns.stop();
    this.#datagrams?.stop();
    this.#outbound?.stop();
    for (const forward of this.#forwards) forward.stop();
  }

  /** Whether somebody listens at this port of the guest. Waits for a guest that is silent; never settles after `stop`. */
  answers(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const stack = this.#running();
      const asked = stack.connect(
        { address: this.#guest, port },
        {
          connected: () => {
            // Reset before the handshake is over: the guest's program hears of nothing.
            asked?.abort();
            resolve(true);
          },
          closed: () => resolve(false),
          readable: ({ length }) => length,
          writable() {},
          finished() {},
        },
      );
      if (asked === undefined) resolve(false);
    });
  }

  /** Numbers for tests and reports. */
  get counts(): { streams: number; blocks: number; chunks: number; refusals: ReadonlyMap<string, number> } {
    const stack = this.#running();
    return {
      streams: stack.openStreams,
      blocks: this.#blocks.inUse,
      chunks: stack.exports.chunksInUse(),
      refusals: this.#border.refusals,
    };
  }

  async #openForwards(stack: Stack): Promise<readonly Forward[]> {
    const open: Forward[] = [];
    for (const forward of this.#options.forwards ?? []) {
      if (forward.protocol === "udp") {
        open.push({ ...forward, hostPort: await this.#datagrams!.forward(forward) });
        continue;
      }
      const guest = { address: this.#guest, port: forward.guestPort };
      const listener = new TcpForward(stack, guest, this.#turns, this.#blocks);
      this.#forwards.push(listener);
      open.push({ ...forward, hostPort: await listener.listen(forward) });
    }
    return open;
  }

  #arrivals(): Arrivals {
    return {
      accepted: (stream, source, destination, quotation) => {
        if (this.#isNameService(destination)) return new NameStream(stream, this.#names);
        const outside = this.#border.cross("tcp", source, destination);
        return outside === undefined ? undefined : this.#outbound?.open(stream, outside, quotation);
      },
      datagram: (source, destination, bytes, quotation) => {
        if (this.#isNameService(destination)) void this.#answerDatagram(source, destination, bytes.slice());
        else this.#datagrams?.receive(source, destination, bytes, quotation);
      },
    };
  }

  #isNameService(destination: Endpoint): boolean {
    return destination.address === this.#address && destination.port === DNS_PORT;
  }

  async #answerDatagram(source: Endpoint, destination: Endpoint, query: Uint8Array): Promise<void> {
    const response = await this.#names.respond(query);
    if (response !== undefined) this.#running().sendDatagram(destination, source, response);
  }

  #imports(memory: () => Uint8Array): WebAssembly.Imports {
    const device = this.#device;
    const platform = platformImports(
      {
        configuration: [
          "net.mode=gateway",
          `net.address=${formatIpv4(this.#address)}/${PREFIX_LENGTH}`,
          `net.guest=${formatIpv4(this.#guest)}/${PREFIX_LENGTH}`,
          ...(this.#hasIpv6 ? [`net.address6=${GATEWAY_ADDRESS6}/${PREFIX_LENGTH6}`] : []),
          "",
        ].join("\n"),
        hardwareAddress: GATEWAY_HARDWARE_ADDRESS,
        offloads: this.#options.offloads === true,
        receive: () => device.receive(),
        send: (frame) => device.send(frame),
        console: (_stream, bytes) => this.#options.report?.(new TextDecoder().decode(bytes)),
        exit: (status) => {
          throw new Error(`the gateway's stack has ended with status ${status}`);
        },
        panic: (message) => {
          throw new Error(`the gateway's stack found itself broken: ${message}`);
        },
      },
      () => memory().buffer,
    );
    return { platform: { ...platform }, compartment: NO_COMPARTMENT, env: { abort: unreachable } };
  }

  #running(): Stack {
    if (this.#stack === undefined) throw new Error("the gateway has not started");
    return this.#stack;
  }
}

/** The kernel modules' way to an app, which a gateway does not have: every entry is absent. */
const NO_COMPARTMENT = { enter: () => EnterStatus.Absent, copyIn: unreachable, copyOut: unreachable };

function unreachable(): never {
  throw new Error("the gateway's stack called what a gateway does not have");
}

/** Nanoseconds since 1970. */
function realtime(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
}
