/** node:dns: addresses are their own answer, and `localhost` is this machine. Other names are looked up by `fetch`. */
import { absent } from "./absent.ts";
import promises, { ASKING, lookup as lookUp, type LookupOptions } from "./dns-promises.ts";
import { requireFunction } from "./errors.ts";

type Done = (error: Error | null, address?: unknown, family?: number) => void;

export function lookup(name: string, options: LookupOptions | Done, callback?: Done): void {
  const given = typeof options === "function" ? {} : options;
  const done = (callback ?? options) as Done;
  requireFunction(done, "callback");
  lookUp(name, given).then(
    (found) => ("address" in found ? done(null, found.address, found.family) : done(null, found)),
    (error: unknown) => done(error as Error),
  );
}

const asking = absent("dns", ASKING, "fetch looks names up");
export { promises };
export default { ...asking, lookup, promises };
