/**
 * What is allowed in a configuration, and what comes of it: a schema whose messages say what was expected.
 *
 * A mistake is told by its place and both sides: `ports[0].guest: expected 1 to 65535, found 80000`.
 *
 * Tests: schema.test.ts
 */
import * as v from "valibot";
import { parseGrant } from "../gateway/grant.ts";
import type { AssetsWish } from "../image/assets/assets.ts";
import { FORMATS } from "../image/image-bytes.ts";
import type { IsolationOption } from "../image/isolation.ts";
import type { Forward } from "../targets/target.ts";
import type { Configuration } from "./configuration.ts";
import { nearest } from "./nearest.ts";
import {
  FORWARD_EXPECTED,
  HTTP_PORT,
  MEMORY_EXPECTED,
  isVariableName,
  parseForward,
  parseMemory,
} from "./values.ts";

/** A whole number within bounds. */
const whole = (least: number, most: number) => {
  const expected = `${least} to ${most}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(least, expected),
    v.maxValue(most, expected),
  );
};
const text = (expected: string) => v.pipe(v.string(expected), v.minLength(1, expected));
const isGrant = (grant: string): boolean => {
  try {
    parseGrant(grant);
    return true;
  } catch {
    return false;
  }
};

const memory = v.pipe(
  v.union([v.string(), v.number()], MEMORY_EXPECTED),
  v.check((value) => parseMemory(value) !== undefined, MEMORY_EXPECTED),
  v.transform((value) => parseMemory(value)!),
);

const portObject = v.pipe(
  v.strictObject({
    host: whole(0, 65535),
    guest: whole(1, 65535),
    address: v.optional(text("an address of this computer"), "127.0.0.1"),
  }),
  v.transform(({ host, guest, address }): Forward => ({
    hostPort: host,
    guestPort: guest,
    hostAddress: address,
  })),
);
const portText = v.pipe(
  v.string(FORWARD_EXPECTED),
  v.check((value) => parseForward(value) !== undefined, FORWARD_EXPECTED),
  v.transform((value) => parseForward(value)!),
);
const portNumber = v.pipe(
  whole(0, 65535),
  v.transform((port): Forward => ({ hostAddress: "127.0.0.1", hostPort: port, guestPort: HTTP_PORT })),
);
const PORT_EXPECTED = `a port, "HOST:GUEST" or { host, guest }`;
type PortSchema = v.GenericSchema<NonNullable<Configuration["ports"]>[number], Forward>;
const port: PortSchema = v.lazy((value: unknown): PortSchema => {
  if (typeof value === "number") return portNumber as unknown as PortSchema;
  if (typeof value === "string") return portText as unknown as PortSchema;
  if (typeof value === "object" && value !== null) return portObject as unknown as PortSchema;
  return v.never(PORT_EXPECTED) as unknown as PortSchema;
});

const VALUE_EXPECTED = "a text of one line, a number, true or false";
const variable = v.pipe(
  v.union([v.string(), v.number(), v.boolean()], VALUE_EXPECTED),
  v.transform(String),
  v.check((value) => !/[\n\0]/.test(value), VALUE_EXPECTED),
);
const variableName = v.pipe(v.string(), v.check(isVariableName, "a name without = or blanks before it"));

const limits = v.strictObject({
  timeMs: v.optional(whole(1, 3_600_000)),
  memory: v.optional(memory),
  restarts: v.optional(whole(0, 1000)),
  connections: v.optional(whole(1, 65_536)),
});

const WAYS = ["shared", "request", "tenant"] as const;
const WAY_EXPECTED = `"shared", "request", "tenant" or { by, ... }`;
const isolationObject = v.strictObject({
  by: v.picklist(WAYS, `"shared", "request" or "tenant"`),
  key: v.optional(
    v.union(
      [v.literal("host"), v.strictObject({ header: text("the name of a header field") })],
      `"host" or { header: NAME }`,
    ),
  ),
  compartments: v.optional(whole(2, 1024)),
  cpuMs: v.optional(whole(0, 3_600_000)),
  memoryMiB: v.optional(whole(1, 4096)),
  outbound: v.optional(whole(0, 4096)),
});
type IsolationSchema = v.GenericSchema<IsolationOption>;
const isolation: IsolationSchema = v.lazy((value: unknown): IsolationSchema => {
  const isObject = typeof value === "object" && value !== null;
  return (isObject ? isolationObject : v.picklist(WAYS, WAY_EXPECTED)) as unknown as IsolationSchema;
});

const assetsObject = v.strictObject({
  directory: text("a folder's path"),
  handlerFirst: v.optional(v.boolean("true or false")),
  htmlHandling: v.optional(v.picklist(["auto-trailing-slash", "files"], '"auto-trailing-slash" or "files"')),
  notFoundHandling: v.optional(
    v.picklist(["404-page", "single-page-application"], '"404-page" or "single-page-application"'),
  ),
  immutable: v.optional(
    v.array(v.pipe(v.string(), v.startsWith("/", 'a beginning of paths, as "/assets/"')), "a list of paths"),
  ),
});
type AssetsSchema = v.GenericSchema<NonNullable<Configuration["assets"]>, AssetsWish>;
const assets: AssetsSchema = v.lazy((value: unknown): AssetsSchema => {
  if (typeof value === "object" && value !== null) return assetsObject as unknown as AssetsSchema;
  const folder = v.pipe(
    text("a folder's path, or { directory, ... }"),
    v.transform((directory): AssetsWish => ({ directory })),
  );
  return folder as unknown as AssetsSchema;
});

const TARGETS = ["auto", "qemu", "process", "node"] as const;
const ACCELERATORS = ["auto", "kvm", "tcg"] as const;
const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

const configuration = v.strictObject(
  {
    entry: v.optional(text("a path")),
    name: v.optional(
      v.pipe(text("a name"), v.regex(/^[\w][\w.-]{0,62}$/, "a name of letters, digits, dots and hyphens")),
    ),
    format: v.optional(v.picklist(FORMATS, quoted(FORMATS))),
    target: v.optional(v.picklist(TARGETS, quoted(TARGETS))),
    accelerator: v.optional(v.picklist(ACCELERATORS, quoted(ACCELERATORS))),
    memory: v.optional(memory),
    ports: v.optional(v.array(port, "a list of ports")),
    env: v.optional(v.record(variableName, variable, "an object of texts")),
    allow: v.optional(
      v.array(
        v.pipe(v.string("HOST:PORT"), v.check(isGrant, 'HOST:PORT, where "*" stands for any')),
        "a list of HOST:PORT",
      ),
    ),
    assets: v.optional(assets),
    limits: v.optional(limits),
    isolation: v.optional(isolation),
  },
  "an object",
);

/** What was read, in the units that machines are started with. */
export type ValidConfiguration = v.InferOutput<typeof configuration>;

/** Fails to compile where the schema and what people see differ in their fields. */
type Same<One, Other> = [One, Other] extends [Other, One] ? true : never;
true satisfies Same<keyof v.InferInput<typeof configuration>, keyof Configuration>;

export type Validation =
  | { readonly isGood: true; readonly value: ValidConfiguration }
  | { readonly isGood: false; readonly mistakes: readonly string[] };

export function validate(value: unknown): Validation {
  const { success, output, issues } = v.safeParse(configuration, value);
  if (success) return { isGood: true, value: output };
  return { isGood: false, mistakes: issues.map(explain) };
}

/** `ports[0].guest: expected 1 to 65535, found 80000` */
function explain(issue: v.BaseIssue<unknown>): string {
  const place = showPlace(issue.path ?? []);
  if (issue.expected === "never" && issue.type === "strict_object") {
    const key = String(issue.path!.at(-1)!.key);
    const meant = nearest(key, knownKeys(issue));
    return `${place}: there is no such field${meant === undefined ? "" : `; did you mean ${meant}?`}`;
  }
  const isMissing = issue.input === undefined;
  const expected = issue.type === "strict_object" && isMissing ? "a value" : issue.message;
  return `${place}: expected ${expected}, ${isMissing ? "and it is missing" : `found ${show(issue.input)}`}`;
}

function knownKeys(issue: v.BaseIssue<unknown>): readonly string[] {
  const depth = issue.path!.length - 1;
  const [first] = issue.path!;
  if (depth === 0) return Object.keys(configuration.entries);
  if (first!.key === "assets") return Object.keys(assetsObject.entries);
  if (first!.key === "isolation") return Object.keys(isolationObject.entries);
  return first!.key === "limits" ? Object.keys(limits.entries) : ["host", "guest", "address"];
}

function showPlace(path: readonly { readonly key: unknown }[]): string {
  if (path.length === 0) return "the configuration";
  return path
    .map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

const SHOWN_LIMIT = 60;

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  const json = JSON.stringify(value) ?? String(value);
  return json.length > SHOWN_LIMIT ? `${json.slice(0, SHOWN_LIMIT)}...` : json;
}
