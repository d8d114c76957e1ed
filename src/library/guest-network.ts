/**
 * Who a guest is on the network of its TAP device: the options for that, and the lines of the boot configuration that
 * they become.
 *
 * Tests: src/cli/options.test.ts
 */
import { isIPv4, isIPv6 } from "node:net";
import { UserError } from "../image/user-error.ts";

/** As they stand on the command line; what is left out is not said to the guest. */
export interface GuestNetwork {
  /** `10.0.0.2/24`; without it the guest asks by DHCP. */
  readonly address?: string | undefined;
  readonly gateway?: string | undefined;
  readonly dns?: string | undefined;
  /** `2001:db8::2/64`, or `auto`: what routers announce; without it there is no IPv6. */
  readonly address6?: string | undefined;
  readonly gateway6?: string | undefined;
}

type Name = keyof GuestNetwork;

interface Rule {
  readonly key: string;
  readonly isRight: (text: string) => boolean;
  readonly expected: string;
  /** The option without which this one says nothing. */
  readonly with?: Name;
}

const isNetwork = (isAddress: (text: string) => boolean, bits: number, text: string): boolean => {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  return match !== null && isAddress(match[1]!) && Number(match[2]) <= bits;
};

const RULES: Readonly<Record<Name, Rule>> = {
  address: {
    key: "net.address",
    isRight: (text) => isNetwork(isIPv4, 32, text),
    expected: "an IPv4 address with its network's length, for instance 10.0.0.2/24",
  },
  gateway: {
    key: "net.gateway",
    isRight: isIPv4,
    expected: "an IPv4 address, for instance 10.0.0.1",
    with: "address",
  },
  dns: {
    key: "net.dns",
    isRight: isIPv4,
    expected: "the IPv4 address of a name server, for instance 10.0.0.1",
    with: "address",
  },
  address6: {
    key: "net.address6",
    isRight: (text) => text === "auto" || isNetwork((part) => isIPv6(part) && !part.includes("%"), 128, text),
    expected: "auto, or an IPv6 address with its network's length, for instance 2001:db8::2/64",
  },
  gateway6: {
    key: "net.gateway6",
    isRight: (text) => isIPv6(text) && !text.includes("%"),
    expected: "an IPv6 address, for instance fe80::1",
    with: "address6",
  },
};

const NAMES = Object.keys(RULES) as Name[];

/** Throws a `UserError` for each that is wrong, or has no meaning beside the others. */
export function requireNetwork(network: GuestNetwork, tap: string | undefined): void {
  for (const name of NAMES) {
    const text = network[name];
    if (text === undefined) continue;
    const { isRight, expected, with: other } = RULES[name];
    if (!isRight(text)) throw new UserError("usage", `--${name} ${text}: expected ${expected}`);
    if (tap === undefined) {
      throw new UserError(
        "usage",
        `--${name} is an address on a network of the host's, and needs --tap NAME`,
        "without --tap the gateway gives the guest its address: publish ports with -p",
      );
    }
    if (other !== undefined && (network[other] === undefined || network[other] === "auto")) {
      throw new UserError(
        "usage",
        `--${name} belongs to a fixed --${other}`,
        "an address that the guest asks for comes with its gateway and its name server",
      );
    }
  }
}

/** The boot configuration's lines. */
export function networkLines(network: GuestNetwork): string[] {
  return NAMES.filter((name) => network[name] !== undefined).map(
    (name) => `${RULES[name].key}=${network[name]}`,
  );
}

/** Where the guest can be reached, as people read it. */
export function describeNetwork({ address, address6 }: GuestNetwork): string {
  const bare = (text: string): string => text.split("/")[0]!;
  return [
    address === undefined ? "IPv4 by DHCP" : bare(address),
    ...(address6 === undefined
      ? []
      : [address6 === "auto" ? "IPv6 as its routers announce" : bare(address6)]),
  ].join(", ");
}
