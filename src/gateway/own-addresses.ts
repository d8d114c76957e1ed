/**
 * The addresses of this host's own interfaces. What listens on all of them answers there as on the loopback, so they are
 * guarded as that is (`grant.ts`).
 *
 * Tests: own-addresses.test.ts
 */
import { networkInterfaces } from "node:os";
import { parseIpv4, parseIpv6, type Address } from "./address.ts";

/** They are asked for anew after so long: a host may come to others at any time. */
const BELIEF_MS = 1000;

export class OwnAddresses {
  readonly #ask: typeof networkInterfaces;
  readonly #nowMs: () => number;
  #addresses: ReadonlySet<Address> = new Set();
  #askedAtMs = -Infinity;

  constructor(ask = networkInterfaces, nowMs: () => number = () => performance.now()) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  has(address: Address): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - this.#askedAtMs >= BELIEF_MS) {
      this.#askedAtMs = nowMs;
      this.#addresses = this.#read();
    }
    return this.#addresses.has(address);
  }

  #read(): ReadonlySet<Address> {
    const texts = Object.values(this.#ask()).flatMap((addresses) => addresses ?? []);
    const read = texts.map(({ address }) => parseIpv4(address) ?? parseIpv6(address));
    return new Set(read.filter((address) => address !== undefined));
  }
}
