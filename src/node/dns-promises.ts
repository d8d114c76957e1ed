/** node:dns/promises: see `dns.ts`. */
import { absent } from "./absent.ts";
import { notHere } from "./errors.ts";
import { isIP } from "./net.ts";

const INSTEAD = "fetch looks names up";
/** What asks name servers. */
export const ASKING =
  "Resolver getDefaultResultOrder getServers lookupService resolve resolve4 resolve6 resolveAny resolveCaa resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa resolveSrv resolveTxt reverse setDefaultResultOrder setServers".split(
    " ",
  );

interface Address {
  readonly address: string;
  readonly family: number;
}
export type LookupOptions =
  number | { readonly all?: boolean; readonly family?: number | string } | null | undefined;

const LOOPBACK: readonly Address[] = [{ address: "127.0.0.1", family: 4 }];

export async function lookup(name: string, options?: LookupOptions): Promise<Address | readonly Address[]> {
  const { all = false } = typeof options === "object" ? (options ?? {}) : {};
  const found = addressesOf(name);
  return all ? found : found[0]!;
}

function addressesOf(name: string): readonly Address[] {
  const family = isIP(name);
  if (family !== 0) return [{ address: name, family }];
  if (name === "localhost") return LOOPBACK;
  throw notHere(`dns.lookup of ${name}`, INSTEAD);
}

export default { ...absent("dns/promises", ASKING, INSTEAD), lookup };
