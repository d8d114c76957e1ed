/**
 * Answers the guest's name queries as the host would, for names that a grant covers: from DNS, which says how long an
 * answer is good; and where that has none, from whatever else the host knows names by (its hosts file, search domains).
 *
 * Tests: names.test.ts
 */
import { promises as dns, type RecordWithTtl } from "node:dns";
import { parseIpv4, parseIpv6, type Address } from "./address.ts";
import { emitResponse, parseQuery, ResponseCode, TYPE_A, TYPE_AAAA } from "./dns-message.ts";
import type { Grants } from "./grant.ts";

/** Queries that the host's resolver has at a time. */
const PENDING_LIMIT = 64;
const LONGEST_TTL_SECONDS = 3600;
/** Of what comes without a time. */
const LOOKUP_TTL_SECONDS = 10;

export interface Answer {
  readonly code: ResponseCode;
  readonly addresses: readonly Address[];
  /** The shortest of all records. */
  readonly ttlSeconds: number;
}

/** What is needed of `node:dns/promises`. */
export interface Resolver {
  resolve4(name: string, options: { ttl: true }): Promise<RecordWithTtl[]>;
  resolve6?(name: string, options: { ttl: true }): Promise<RecordWithTtl[]>;
  lookup?(name: string, options: { family: 4 | 6; all: true }): Promise<{ address: string }[]>;
}

/** The resolver's errors that are answers; all others are failures. */
const NEGATIVE_ANSWERS: Readonly<Record<string, ResponseCode>> = {
  ENOTFOUND: ResponseCode.NameError,
  ENODATA: ResponseCode.Ok,
};
/** The resolver's error for a name that DNS knows, with addresses of the other kind. */
const HAS_OTHERS = "ENODATA";

function empty(code: ResponseCode): Answer {
  return { code, addresses: [], ttlSeconds: 0 };
}

export class Names {
  readonly #grants: Grants;
  readonly #resolver: Resolver;
  readonly #hasIpv6: boolean;
  #pending = 0;

  /** Without IPv6 on the cable no name has an address of it. */
  constructor(grants: Grants, resolver: Resolver = dns, hasIpv6 = false) {
    this.#grants = grants;
    this.#resolver = resolver;
    this.#hasIpv6 = hasIpv6;
  }

  /** The answer to a message: undefined where none is due. Never rejects. */
  async respond(message: Uint8Array): Promise<Uint8Array | undefined> {
    const query = parseQuery(message);
    if (query === undefined) return undefined;
    if (query.code !== ResponseCode.Ok) return emitResponse(query, query.code, [], 0);
    const { code, addresses, ttlSeconds } = await this.answer(query.name, query.type);
    return emitResponse(query, code, addresses, ttlSeconds);
  }

  /** Never rejects. Types other than A, and AAAA where there is IPv6, have no records here. */
  async answer(name: string, type: number): Promise<Answer> {
    if (!this.#grants.permitsName(name)) return empty(ResponseCode.Refused);
    const six = type === TYPE_AAAA && this.#hasIpv6 && this.#resolver.resolve6 !== undefined;
    if (type !== TYPE_A && !six) return empty(ResponseCode.Ok);
    if (this.#pending === PENDING_LIMIT) return empty(ResponseCode.ServerFailure);
    this.#pending++;
    try {
      const records = await (six
        ? this.#resolver.resolve6!(name, { ttl: true })
        : this.#resolver.resolve4(name, { ttl: true }));
      return this.#remember(name, records, six ? parseIpv6 : parseIpv4);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      const known = code === HAS_OTHERS ? [] : await this.#lookUp(name, six ? 6 : 4);
      if (known.length > 0) return this.#remember(name, known, six ? parseIpv6 : parseIpv4);
      return empty(NEGATIVE_ANSWERS[code] ?? ResponseCode.ServerFailure);
    } finally {
      this.#pending--;
    }
  }

  async #lookUp(name: string, family: 4 | 6): Promise<RecordWithTtl[]> {
    const found = await this.#resolver.lookup?.(name, { family, all: true }).catch(() => []);
    return (found ?? []).map(({ address }) => ({ address, ttl: LOOKUP_TTL_SECONDS }));
  }

  /** The addresses that are answered are the ones that the name's grants then open. */
  #remember(
    name: string,
    records: readonly RecordWithTtl[],
    parse: (text: string) => Address | undefined,
  ): Answer {
    const addresses: Address[] = [];
    let ttlSeconds = LONGEST_TTL_SECONDS;
    for (const record of records) {
      const address = parse(record.address);
      if (address === undefined) continue;
      addresses.push(address);
      ttlSeconds = Math.min(ttlSeconds, record.ttl);
    }
    for (const address of addresses) this.#grants.learn(name, address, ttlSeconds);
    return { code: ResponseCode.Ok, addresses, ttlSeconds };
  }
}
