/**
 * The kernel's root source for a set of services: the composition, written out as AssemblyScript.
 *
 * Only the folders of chosen services are named, so nothing of the others can be in the image.
 */
import { SERVICES, type ServiceName } from "../abi/services.ts";
import { keyFieldOf, type Isolation } from "./isolation.ts";
import { deviceParts, type KernelPlatform } from "./kernel-devices.ts";

interface Part {
  readonly folder: string;
  /** Called until it answers false: takes input. */
  readonly poll?: true;
  /** Called after input and timers: lets output go. */
  readonly flush?: true;
  /** Called when the app is gone: lets go of all that it held. */
  readonly release?: true;
}

const PARTS: Readonly<Record<ServiceName, Part>> = {
  app: { folder: "app" },
  console: { folder: "console" },
  clock: { folder: "clock", release: true },
  entropy: { folder: "entropy" },
  ip: { folder: "net/ip", poll: true, release: true },
  udp: { folder: "net/udp", release: true },
  tcp: { folder: "net/tcp", poll: true, flush: true, release: true },
  dhcp: { folder: "net/dhcp" },
  ip6: { folder: "net/ip6" },
  dns: { folder: "net/dns", poll: true, release: true },
  http: { folder: "http", release: true },
  fetch: { folder: "http/client", poll: true, release: true },
  websocket: { folder: "http/websocket", poll: true, release: true },
  upgrade: { folder: "http/websocket-client" },
  assets: { folder: "http/assets" },
};

/** Services that set timers; without them the image has no wheel, and no turns in which an app could go down. */
const TIMED: readonly ServiceName[] = ["clock", "ip"];

/** The text of the root, to be compiled as if it were `src/kernel/main.ts`. */
export function kernelSource(
  services: readonly ServiceName[],
  platform: KernelPlatform = "hosted",
  isolation?: Isolation,
  outbound: readonly string[] = [],
): string {
  const timed = services.some((name) => TIMED.includes(name));
  const networked = services.includes("ip");
  const devices = deviceParts(services, platform);
  const grants = grantParts(networked ? outbound : []);
  const lines = [
    `import { ${timed && isolation === undefined ? "appAwaitsRestart, " : ""}startApp } from "./app/enter";`,
    `import { startConfiguration${networked ? ", findNumber" : ""} } from "./configuration";`,
    `import "./cpu/panic";`,
    `import { idle } from "./cpu/platform";`,
    ...(timed
      ? [
          `import { now, startTurn } from "./time/clock";`,
          `import { expire, nextDeadline } from "./time/wheel";`,
          ...(isolation === undefined
            ? [`import { mayRestart, restartApp, startRestarts } from "./app/restart";`]
            : isolationImports(isolation)),
        ]
      : []),
    ...devices.imports,
    ...grants.imports,
    `import { NEVER } from "./time/never";`,
    ...services.flatMap(serviceImports),
    "",
    "export function start(): void {",
    "  startConfiguration();",
    ...(timed ? ["  startTurn();"] : []),
    ...(timed && isolation === undefined ? ["  startRestarts();"] : []),
    ...(isolation === undefined ? [] : [`  startCompartments(${isolation.compartments});`]),
    ...devices.start,
    ...grants.start,
    ...services.map((name) => `  ${name}.start();`),
    ...(isolation === undefined ? [] : isolationStart(isolation)),
    "  startApp();",
    ...devices.finish,
    "}",
    "",
    ...(isolation === undefined ? [] : releaseAll(services)),
    ...turn(services, timed, devices.flush, isolation !== undefined),
    "",
    ...devices.run,
    "",
  ];
  return lines.join("\n");
}

/** Grants as constant bytes of the kernel: nothing that runs can change them. */
function grantParts(outbound: readonly string[]): { imports: readonly string[]; start: readonly string[] } {
  if (outbound.length === 0) return { imports: [], start: [] };
  const text = new TextEncoder().encode(outbound.join("\n"));
  return {
    imports: [
      `import { declareGrants } from "./net/policy/grants";`,
      `const grants = memory.data<u8>([${text.join(", ")}]);`,
    ],
    start: [`  declareGrants(grants, ${text.length});`],
  };
}

function serviceImports(name: ServiceName): string[] {
  const file = `./${PARTS[name].folder}/service`;
  const calls = Object.keys(SERVICES[name].calls);
  const exports = calls.map((call) => `${call} as ${name}_${call}`).join(", ");
  return [
    `import * as ${name} from "${file}";`,
    ...(calls.length > 0 ? [`export { ${exports} } from "${file}";`] : []),
  ];
}

function isolationImports({ by }: Isolation): string[] {
  return [
    `import { startCompartments } from "./app/compartments";`,
    `import { startOutbound } from "./app/outbound";`,
    `import { compartmentsWait, startRenewals, tendCompartments } from "./app/renew";`,
    by === "request"
      ? `import { startByRequest } from "./http/by-request";`
      : `import { startByTenant } from "./http/by-tenant";`,
  ];
}

function isolationStart(isolation: Isolation): string[] {
  const { by, cpuMs, outbound } = isolation;
  return [
    `  startOutbound(${outbound});`,
    `  startRenewals(${cpuMs}, releaseAll);`,
    by === "request" ? "  startByRequest();" : `  startByTenant(${JSON.stringify(keyFieldOf(isolation))});`,
  ];
}

/** Called for a compartment before it is made anew. */
function releaseAll(services: readonly ServiceName[]): string[] {
  const releases = services.filter((name) => PARTS[name].release);
  return [
    "function releaseAll(who: u32): void {",
    ...releases.map((name) => `  ${name}.release(who);`),
    "}",
    "",
  ];
}

function turn(
  services: readonly ServiceName[],
  timed: boolean,
  flush: readonly string[],
  isIsolated: boolean,
): string[] {
  const polls = services.filter((name) => PARTS[name].poll);
  const releases = services.filter((name) => PARTS[name].release);
  const flushes = services.filter((name) => PARTS[name].flush);
  if (!timed) return ["export function turn(): i64 {", "  return NEVER;", "}"];
  return [
    "/** Rounds of polling before the platform gets its turn, so that a flood cannot keep it out. */",
    "const ROUND_LIMIT = 16;",
    "",
    "export function turn(): i64 {",
    "  startTurn();",
    ...(isIsolated ? ["  tendCompartments();"] : []),
    "  for (let round = 0; round < ROUND_LIMIT; round++) {",
    ...(isIsolated
      ? []
      : [
          "    if (mayRestart()) {",
          ...releases.map((name) => `      ${name}.release(0);`),
          "      restartApp();",
          "    }",
        ]),
    "    expire(now());",
    `    const worked = ${[...polls.map((name) => `${name}.poll()`), ...(isIsolated ? [] : ["appAwaitsRestart()"])].join(" | ")};`,
    ...flushes.map((name) => `    ${name}.flush();`),
    ...flush,
    // What was said leaves before used compartments are made anew.
    isIsolated
      ? "    if (!worked) return compartmentsWait() ? now() : nextDeadline();"
      : "    if (!worked) return nextDeadline();",
    "  }",
    "  return now();",
    "}",
  ];
}
