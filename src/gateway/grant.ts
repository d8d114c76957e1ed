/**
 * What the guest may reach in the outside world: nothing, unless a grant says so.
 *
 *   [tcp:|udp:]HOST:PORTS     HOST   192.0.2.7   192.0.2.0/24   api.example.com   *.example.com   *
 *                             PORTS  443   8000-8099   *
 *
 * A granted name can be resolved, and the addresses it was last answered with can be reached on its ports.
 * Loopback, link-local (where clouds keep their credentials) and "this host" are only reached by a grant that
 * names addresses inside them: neither `*` nor a name that resolves there opens them.
 *
 * Tests: grant.test.ts
 */
import { UserError } from "../image/user-error.ts";
import { inNetwork, parseIpv4 } from "./address.ts";

export type Protocol = "tcp" | "udp";

export interface Grant {
  /** Undefined: both. */
  readonly protocol: Protocol | undefined;
  readonly host: Network | NamePattern;
  readonly firstPort: number;
  readonly lastPort: number;
}

interface Network {
  readonly kind: "network";
  readonly address: number;
  readonly prefixLength: number;
}

interface NamePattern {
  readonly kind: "name";
  /** Lower case; with `wildcard`, what a name must end in, the dot included. */
  readonly name: string;
  readonly wildcard: boolean;
}

/** Networks that no wider grant covers (RFC 6890). */
const GUARDED: readonly Network[] = [
  { kind: "network", address: parseIpv4("0.0.0.0")!, prefixLength: 8 },
  { kind: "network", address: parseIpv4("127.0.0.0")!, prefixLength: 8 },
  { kind: "network", address: parseIpv4("169.254.0.0")!, prefixLength: 16 },
];

/** Multicast and reserved: never a unicast destination. */
const FIRST_MULTICAST = parseIpv4("224.0.0.0")!;

/** Addresses remembered from answers; the oldest is forgotten first. */
const LEARNED_LIMIT = 4096;

const PATTERN = /^(?:(tcp|udp):)?([^:]+):(\*|[0-9]{1,5})(?:-([0-9]{1,5}))?$/;
const NAME = /^(\*\.)?(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** Reads one grant. Throws `UserError`. */
export function parseGrant(text: string): Grant {
  const match = PATTERN.exec(text);
  if (match === null) throw malformed(text, "expected HOST:PORT");
  const [, protocol, host, first, last] = match;
  const ports = parsePorts(first!, last);
  if (ports === undefined) throw malformed(text, "ports are 1 to 65535, a range goes upwards");
  const target = parseHost(host!.toLowerCase());
  if (target === undefined) throw malformed(text, `${host} is neither an IPv4 address, a network nor a name`);
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

function parseHost(host: string): Network | NamePattern | undefined {
  if (host === "*") return { kind: "network", address: 0, prefixLength: 0 };
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

function malformed(text: string, expected: string): UserError {
  return new UserError(
    "grant",
    `outbound grant "${text}": ${expected}`,
    "for example api.example.com:443 or 192.0.2.0/24:*",
  );
}

/** All grants of one guest. */
export class Grants {
  readonly #grants: readonly Grant[];
  /** For each answered address, the name grants whose names had it. */
  readonly #learned = new Map<number, Set<Grant>>();

  constructor(grants: readonly Grant[]) {
    this.#grants = grants;
  }

  permits(protocol: Protocol, address: number, port: number): boolean {
    if (address >= FIRST_MULTICAST) return false;
    const guard = GUARDED.find((network) => inNetwork(address, network.address, network.prefixLength));
    const learned = this.#learned.get(address);
    return this.#grants.some((grant) => {
      if (grant.protocol !== undefined && grant.protocol !== protocol) return false;
      if (port < grant.firstPort || port > grant.lastPort) return false;
      if (grant.host.kind === "name") return learned?.has(grant) === true;
      if (guard !== undefined && grant.host.prefixLength < guard.prefixLength) return false;
      return inNetwork(address, grant.host.address, grant.host.prefixLength);
    });
  }

  /** Whether `name` may be resolved. */
  permitsName(name: string): boolean {
    const plain = normal(name);
    return this.#grants.some((grant) => coversName(grant, plain));
  }

  /** Remembers that `name`, which may be resolved, was answered with `address`. */
  learn(name: string, address: number): void {
    if (GUARDED.some((network) => inNetwork(address, network.address, network.prefixLength))) return;
    const plain = normal(name);
    for (const grant of this.#grants) {
      if (grant.host.kind !== "name" || !coversName(grant, plain)) continue;
      const known = this.#learned.get(address) ?? new Set();
      this.#learned.delete(address); // set again below: the order is by last answer
      this.#learned.set(address, known.add(grant));
    }
    if (this.#learned.size > LEARNED_LIMIT) this.#learned.delete(this.#learned.keys().next().value!);
  }
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function coversName(grant: Grant, name: string): boolean {
  const { host } = grant;
  if (host.kind === "network") return host.prefixLength === 0;
  return host.wildcard ? name.endsWith(host.name) && name.length > host.name.length : name === host.name;
}
