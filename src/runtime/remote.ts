/**
 * Who asks: the other end of a request's connection, as the kernel tells it. Behind a proxy that is the proxy.
 *
 * `env.requestIP(request)` is as on Bun's server; with Hono, `c.env.requestIP(c.req.raw)`.
 */
import { remoteEnd } from "./host.ts";
import { numberOf, Request } from "./request.ts";
import { URL } from "./url.ts";

export interface RemoteEnd {
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  readonly port: number;
}

const ADDRESS_BYTES = 16;
/** `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2). */
const MAPPED_GROUPS = [0, 0, 0, 0, 0, 0xffff];

/** Undefined where the request is over, or did not come from the network. */
export function remoteOf(request: Request): RemoteEnd | undefined {
  const id = numberOf(request);
  const bytes = id < 0 ? id : remoteEnd(id);
  if (typeof bytes === "number") return undefined;
  const view = new DataView(bytes);
  const groups = Array.from({ length: ADDRESS_BYTES / 2 }, (_, index) => view.getUint16(2 * index));
  const port = view.getUint16(ADDRESS_BYTES);
  if (MAPPED_GROUPS.every((group, index) => groups[index] === group)) {
    return { address: new Uint8Array(bytes, ADDRESS_BYTES - 4, 4).join("."), family: "IPv4", port };
  }
  // The shortest form is the one that addresses of the Web have.
  const host = new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]`).hostname;
  return { address: host.slice(1, -1), family: "IPv6", port };
}

/** What is added to a handler's environment, where no listing of variables shows it. */
export const remoteBinding: PropertyDescriptor = {
  value: (request: unknown) => (request instanceof Request ? (remoteOf(request) ?? null) : null),
};
