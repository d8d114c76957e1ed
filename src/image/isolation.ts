/**
 * How an image keeps requests apart, as a user writes it and as it is built in.
 *
 *   "shared"                                      one compartment for all requests
 *   "request"                                     a fresh one for each request
 *   "tenant"                                      one for each host that is asked for
 *   { by: "tenant", key: { header: "x-tenant" } } one for each value of that field
 *
 * Tests: isolation.test.ts
 */
import type { ManifestIsolation } from "../abi/manifest.ts";
import type { ServiceName } from "../abi/services.ts";
import { UserError } from "./user-error.ts";

/** What a user may say. */
export type IsolationOption = "shared" | "request" | "tenant" | IsolationSettings;

export interface IsolationSettings {
  readonly by: "shared" | "request" | "tenant";
  /** Of tenants: what tells them apart; without it the host. */
  readonly key?: "host" | { readonly header: string };
  /** At most so many at a time: 2 to 1,024. Requests beyond wait, tenants beyond take the place of idle ones. */
  readonly compartments?: number;
  /**
   * How long one request, or a tenant in each second, may run, in ms of the machine's clock; also what one entry into
   * the app may take. 0: no limit but that of any entry.
   */
  readonly cpuMs?: number;
  /** Memory of one compartment, in MiB. */
  readonly memoryMiB?: number;
  /** Connections, sockets and questions for names that one may have open, of each so many. */
  readonly outbound?: number;
}

export type Isolation = ManifestIsolation;

const COMPARTMENTS = { request: 32, tenant: 256 } as const;
const CPU_MS = { request: 10_000, tenant: 1000 } as const;
const LIMITS = { memoryMiB: 64, outbound: 8 } as const;
const COMPARTMENTS_LIMIT = 1024;

/** Undefined: shared. Throws a `UserError` for what is none. */
export function isolationOf(option: IsolationOption | undefined): Isolation | undefined {
  const settings = typeof option === "string" ? { by: option } : option;
  if (settings === undefined || settings.by === "shared") return undefined;
  const { by, key = "host" } = settings;
  if (by !== "request" && by !== "tenant") {
    throw wrong(
      `"${String(by)}" is not a way to keep requests apart`,
      "there are shared, request and tenant",
    );
  }
  if (key !== "host" && !/^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(key.header)) {
    throw wrong(
      `"${key.header}" is not the name of a header field`,
      `give its name, as { header: "x-tenant" }`,
    );
  }
  return {
    by,
    key: key === "host" ? key : { header: key.header.toLowerCase() },
    compartments: numberOf(settings, "compartments", COMPARTMENTS[by], 2, COMPARTMENTS_LIMIT),
    cpuMs: numberOf(settings, "cpuMs", CPU_MS[by], 0, 3_600_000),
    memoryMiB: numberOf(settings, "memoryMiB", LIMITS.memoryMiB, 1, 4096),
    outbound: numberOf(settings, "outbound", LIMITS.outbound, 0, 4096),
  };
}

type NumberName = "compartments" | "cpuMs" | "memoryMiB" | "outbound";

function numberOf(
  settings: IsolationSettings,
  name: NumberName,
  otherwise: number,
  least: number,
  most: number,
): number {
  const number = settings[name] ?? otherwise;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw wrong(
    `isolation: ${name} is ${String(number)}`,
    `give a whole number from ${least} to ${most.toLocaleString("en")}`,
  );
}

function wrong(message: string, hint: string): UserError {
  return new UserError("isolation", message, hint);
}

/** Name of the field that holds a tenant's key. */
export function keyFieldOf({ key }: Isolation): string {
  return key === "host" ? key : key.header;
}

/** Throws where an image of these services cannot keep requests apart. */
export function requireApart(services: readonly ServiceName[]): void {
  if (services.includes("http")) return;
  throw wrong("the app answers no requests that could be kept apart", "leave isolation out");
}
