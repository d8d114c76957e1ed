/**
 * What the guest may reach in the outside world: nothing, unless a grant says so.
 *
 *   [tcp:|udp:]HOST:PORTS     HOST   192.0.2.7   192.0.2.0/24   [2001:db8::/32]   api.example.com   *.example.com   *
 *                             PORTS  443   8000-8099   *
 *
 * A granted name can be resolved, and the addresses it was answered with can be reached on its ports for as long as the
 * answer said. Loopback, links, "this host" and where clouds keep their machines' credentials are only reached by a
 * grant that names addresses inside them: neither `*` nor a name that resolves there opens them. Nor does it the
 * addresses of this host's own interfaces, which the guest cannot know.
 *
 * The guest has the same other rules (`src/kernel/net/policy`), and these are for the guest that does not keep them.
 *
 * Tests: grant.test.ts; src/kernel/net/policy/agreement.test.ts
 */
import { UserError } from "../image/user-error.ts";
import { inNetwork, inNetwork6, parseIpv4, parseIpv6, type Address } from "./address.ts";
import type { OwnAddresses } from "./own-addresses.ts";

export type Protocol = "tcp" | "udp";

export interface Grant {
  /** Undefined: both. */
  readonly protocol: Protocol | undefined;
  readonly host: Network | Network6 | NamePattern;
  readonly firstPort: number;
  readonly lastPort: number;
}

interface Network {
  readonly kind: "network";
  readonly address: number;
  readonly prefixLength: number;
}

interface Network6 {
  readonly kind: "network6";
  readonly address: bigint;
  readonly prefixLength: number;
}

interface NamePattern {
  readonly kind: "name";
  /** Lower case; with `wildcard`, what a name must end in, the dot included. */
  readonly name: string;
  readonly wildcard: boolean;
}

const network = (address: string, prefixLength: number): Network => ({
  kind: "network",
  address: parseIpv4(address)!,
  prefixLength,
});

const network6 = (address: string, prefixLength: number): Network6 => ({
  kind: "network6",
  address: parseIpv6(address)!,
  prefixLength,
});

/** `*`: every address, and every name. */
const ANY = network("0.0.0.0", 0);

/** Networks that no wider grant covers: RFC 6890, and what clouds document of their metadata services. */
const GUARDED: readonly Network[] = [
  network("0.0.0.0", 8),
  network("127.0.0.0", 8),
  network("169.254.0.0", 16),
  network("100.100.100.200", 32),
  network("168.63.129.16", 32),
  network("192.0.0.192", 32),
];

/** Where IPv6 holds IPv4 addresses (RFC 6052, 3056): their guards hold there too. */
const TRANSLATED: readonly { readonly prefix: bigint; readonly bits: number }[] = [
  { prefix: parseIpv6("64:ff9b::")!, bits: 96 },
  { prefix: parseIpv6("2002::")!, bits: 16 },
];

const GUARDED6: readonly Network6[] = [
  network6("::", 96),
  network6("fe80::", 10),
  network6("ff00::", 8),
  network6("fd00:ec2::", 32),
  network6("fd20:ce::254", 128),
  network6("fd00:42::42", 128),
  network6("fd00:a9fe:a9fe::1", 128),
  network6("fd00:c1::a9fe:a9fe", 128),
  network6("fd00:100::100:200", 128),
  // IPv4 in ways that only a translator nearby can undo (RFC 2765, 8215, 4380).
  network6("::ffff:0:0:0", 96),
  network6("64:ff9b:1::", 48),
  network6("2001::", 32),
  ...[...GUARDED, network("224.0.0.0", 3)].flatMap((guarded) =>
    TRANSLATED.map(({ prefix, bits }): Network6 => ({
      kind: "network6",
      address: prefix | (BigInt(guarded.address) << BigInt(96 - bits)),
      prefixLength: bits + guarded.prefixLength,
    })),
  ),
];

/** As `GRANT_LIMIT` of the kernel's `net/policy/grants.ts`. */
const GUEST_GRANT_LIMIT = 64;

/** Multicast and reserved: never a unicast destination. */
const FIRST_MULTICAST = parseIpv4("224.0.0.0")!;

/** Addresses remembered from answers; the oldest is forgotten first. */
const LEARNED_LIMIT = 4096;
/**
 * The guest may begin to talk for so long after an answer, however short its time is (`dns/cache.ts`); and is heard a
 * little longer, as its clock began when it had the answer.
 */
const SHORTEST_OPEN_SECONDS = 10;
const LATE_SECONDS = 5;

const PATTERN = /^(?:(tcp|udp):)?([^:]+|\[[^\]]+\]):(\*|[0-9]{1,5})(?:-([0-9]{1,5}))?$/;
const NAME = /^(\*\.)?(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** Reads one grant. Throws `UserError`. */
export function parseGrant(text: string): Grant {
  const match = PATTERN.exec(text);
  if (match === null) throw malformed(text, "expected HOST:PORT");
  const [, protocol, host, first, last] = match;
  const ports = parsePorts(first!, last);
  if (ports === undefined) throw malformed(text, "ports are 1 to 65535, a range goes upwards");
  const target = parseHost(host!.toLowerCase());
  if (target === undefined) throw malformed(text, `${host} is neither an address, a network nor a name`);
  return { protocol: protocol as Protocol | undefined, host: target, ...ports };
}

function parsePorts(
  first: string,
  last: string | undefined,
): { firstPort: number; lastPort: number } | undefined {
  if (first === "*") return last === undefined ? { firstPort: 1, lastPort: 65535 } : undefined;
  const firstPort = Number(first);
  const lastPort = last === undefined ? firstPort : Number(last);
  return firstPort >= 1 && firstPort <= lastPort && lastPort <= 65535 ? { firstPort, lastPort } : undefined;
}

function parseHost(host: string): Grant["host"] | undefined {
  if (host === "*") return ANY;
  if (host.startsWith("[")) return parseNetwork6(host.slice(1, -1));
  const [base, prefix, ...rest] = host.split("/");
  const address = parseIpv4(base!);
  if (address !== undefined && rest.length === 0) {
    const prefixLength = prefix === undefined ? 32 : Number(prefix);
    const valid = prefix === undefined || (/^[0-9]{1,2}$/.test(prefix) && prefixLength <= 32);
    return valid ? { kind: "network", address, prefixLength } : undefined;
  }
  // A last label of digits is a mistyped address, never a name (RFC 3696 section 2).
  if (!NAME.test(host) || /(^|\.)[0-9]+$/.test(host)) return undefined;
  return {
    kind: "name",
    name: host.startsWith("*.") ? host.slice(1) : host,
    wildcard: host.startsWith("*."),
  };
}

function parseNetwork6(text: string): Network6 | undefined {
  const [base, prefix, ...rest] = text.split("/");
  const isPrefix = prefix === undefined || (/^(0|[1-9][0-9]{0,2})$/.test(prefix) && Number(prefix) <= 128);
  const address = parseIpv6(base!);
  if (!isPrefix || rest.length !== 0 || address === undefined) return undefined;
  return { kind: "network6", address, prefixLength: prefix === undefined ? 128 : Number(prefix) };
}

function malformed(text: string, expected: string): UserError {
  return new UserError(
    "grant",
    `outbound grant "${text}": ${expected}`,
    "for example api.example.com:443 or 192.0.2.0/24:*",
  );
}

/**
 * The grants as the guest is told them, a `net.allow` line each. Behind a gateway the host's loopback has the gateway's
 * address. Throws `UserError`.
 */
export function guestGrants(texts: readonly string[], gateway: GatewayHosts | undefined): readonly string[] {
  const lines = texts.flatMap((text) => {
    const { host } = parseGrant(text);
    const place = gateway === undefined ? undefined : loopbackPlace(host, gateway);
    if (place === undefined) return [text];
    const [, protocol, , first, last] = PATTERN.exec(text)!;
    const ports = last === undefined ? first : `${first}-${last}`;
    return [text, `${protocol === undefined ? "" : `${protocol}:`}${place}:${ports}`];
  });
  if (lines.length <= GUEST_GRANT_LIMIT) return lines;
  throw new UserError(
    "grant",
    `${lines.length} outbound grants; a guest keeps ${GUEST_GRANT_LIMIT}`,
    "allow networks, or *.example.com in place of many names",
  );
}

/** The gateway's addresses, as grants write them. */
export interface GatewayHosts {
  readonly four: string;
  readonly six: string;
}

/** The gateway's address that stands for the host's loopback, where a grant lies within that. */
function loopbackPlace(host: Grant["host"], { four, six }: GatewayHosts): string | undefined {
  if (host.kind === "network")
    return host.prefixLength >= 8 && covers(host, parseIpv4("127.0.0.1")!) ? four : undefined;
  return host.kind === "network6" && host.prefixLength === 128 && host.address === 1n ? six : undefined;
}

/** Whether a grant leads to IPv6: the guest then has an address of it, and names are answered with it. */
export function leadsToIpv6(grants: readonly Grant[]): boolean {
  return grants.some(({ host }) => host.kind === "network6");
}

/** All grants of one guest. */
export class Grants {
  readonly #grants: readonly Grant[];
  /** For each answered address, the name grants whose names had it, each with the time when that ends. */
  readonly #learned = new Map<Address, Map<Grant, number>>();
  readonly #nowMs: () => number;
  readonly #own: Pick<OwnAddresses, "has">;

  /** `own`: of this host, which are guarded. */
  constructor(
    grants: readonly Grant[],
    nowMs: () => number = () => performance.now(),
    own: Pick<OwnAddresses, "has"> = { has: () => false },
  ) {
    this.#grants = grants;
    this.#nowMs = nowMs;
    this.#own = own;
  }

  permits(protocol: Protocol, address: Address, port: number): boolean {
    if (typeof address === "number" && address >= FIRST_MULTICAST) return false;
    const guard = this.#guardOf(address);
    const learned = this.#learned.get(address);
    return this.#grants.some((grant) => {
      if (grant.protocol !== undefined && grant.protocol !== protocol) return false;
      if (port < grant.firstPort || port > grant.lastPort) return false;
      if (grant.host.kind === "name") return (learned?.get(grant) ?? 0) > this.#nowMs();
      if (guard !== undefined && grant.host.prefixLength < guard.prefixLength) return false;
      return covers(grant.host, address);
    });
  }

  /** Whether a grant names this very address. */
  names(protocol: Protocol, address: Address, port: number): boolean {
    return this.#grants.some(
      ({ host, ...grant }) =>
        host.kind !== "name" &&
        host.prefixLength === (host.kind === "network" ? 32 : 128) &&
        host.address === address &&
        (grant.protocol === undefined || grant.protocol === protocol) &&
        port >= grant.firstPort &&
        port <= grant.lastPort,
    );
  }

  /** Whether `name` may be resolved. */
  permitsName(name: string): boolean {
    const plain = normal(name);
    return this.#grants.some((grant) => coversName(grant, plain));
  }

  /** Remembers that `name`, which may be resolved, was answered with `address`, for so long. */
  learn(name: string, address: Address, seconds: number): void {
    if (this.#guardOf(address) !== undefined) return;
    const plain = normal(name);
    const untilMs = this.#nowMs() + (Math.max(seconds, SHORTEST_OPEN_SECONDS) + LATE_SECONDS) * 1000;
    for (const grant of this.#grants) {
      if (grant.host.kind !== "name" || !coversName(grant, plain)) continue;
      const known = this.#learned.get(address) ?? new Map<Grant, number>();
      this.#learned.delete(address); // set again below: the order is by last answer
      this.#learned.set(address, known.set(grant, untilMs));
    }
    if (this.#learned.size > LEARNED_LIMIT) this.#learned.delete(this.#learned.keys().next().value!);
  }

  #guardOf(address: Address): Pick<Network, "prefixLength"> | undefined {
    return this.#own.has(address)
      ? { prefixLength: typeof address === "number" ? 32 : 128 }
      : guardOf(address);
  }
}

function covers(host: Network | Network6, address: Address): boolean {
  if (host === ANY) return true;
  if (host.kind === "network")
    return typeof address === "number" && inNetwork(address, host.address, host.prefixLength);
  return typeof address === "bigint" && inNetwork6(address, host.address, host.prefixLength);
}

/** The guarded network that holds it. */
function guardOf(address: Address): Network | Network6 | undefined {
  return [...GUARDED, ...GUARDED6].find((guarded) => covers(guarded, address));
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function coversName(grant: Grant, name: string): boolean {
  const { host } = grant;
  if (host.kind !== "name") return host === ANY;
  return host.wildcard ? name.endsWith(host.name) && name.length > host.name.length : name === host.name;
}
