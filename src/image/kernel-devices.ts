/**
 * The kernel's devices as part of its root: the platform's, or its own drivers, of which an image has those that its
 * services use.
 *
 * A machine of drivers sleeps by the rule of lost wake-ups: interrupts are asked for first, then the queues looked at
 * once more, and only then there is rest. While there is work, or some is about to come (`expect`), none are asked for.
 */
import type { ServiceName } from "../abi/services.ts";

/** `bare`: the kernel drives virtio devices itself. `hosted`: the platform has a console, a network, random seeds. */
export type KernelPlatform = "hosted" | "bare";

export interface DeviceParts {
  readonly imports: readonly string[];
  /** Statements of `start`, before any service starts. */
  readonly start: readonly string[];
  /** At the end of a round: lets output go. */
  readonly flush: readonly string[];
  /** The last statements of `start`. */
  readonly finish: readonly string[];
  readonly run: readonly string[];
}

interface Driver {
  readonly name: string;
  readonly folder: string;
  /** Works on while services do: has `flush`, `expect`, `arm`, `disarm`. */
  readonly isLive?: true;
  /** Has a `drain`: what it was given may still be on its way when the machine ends. */
  readonly isLate?: true;
}

const DRIVERS: Partial<Readonly<Record<ServiceName, Driver>>> = {
  console: { name: "consoleDriver", folder: "console", isLate: true },
  entropy: { name: "entropyDriver", folder: "entropy" },
  ip: { name: "netDriver", folder: "net", isLive: true, isLate: true },
};

/** The drivers of a kernel with these services, by their folders' names. */
export function driversOf(services: readonly ServiceName[]): string[] {
  return services.flatMap((service) => DRIVERS[service]?.folder ?? []);
}

const SLEEP = ["export function run(): void {", "  for (;;) idle(turn());", "}"];
const NONE: DeviceParts = { imports: [], start: [], flush: [], finish: [], run: SLEEP };

export function deviceParts(services: readonly ServiceName[], platform: KernelPlatform): DeviceParts {
  const chunks = `findNumber("memory.chunks", DEFAULT_CHUNKS)`;
  const isNetworked = services.includes("ip");
  if (platform === "hosted") {
    if (!isNetworked) return NONE;
    return {
      ...NONE,
      imports: [
        `import { DEFAULT_CHUNKS, startChunks } from "./memory/chunk";`,
        `import { usePlatformDevice } from "./net/ip/platform-device";`,
      ],
      start: [`  startChunks(${chunks});`, "  usePlatformDevice();"],
    };
  }
  const drivers = services.flatMap((service) => DRIVERS[service] ?? []);
  const live = drivers.filter((driver) => driver.isLive);
  const late = drivers.filter((driver) => driver.isLate);
  if (drivers.length === 0) return NONE;
  return {
    imports: [
      ...(isNetworked
        ? [
            `import { DEFAULT_CHUNKS } from "./memory/chunk";`,
            `import { startPinnedChunks } from "./memory/pinned";`,
          ]
        : [`import { startPinned } from "./memory/pinned";`]),
      ...(late.length > 0 ? [`import { machineEnds } from "./app/enter";`] : []),
      ...drivers.map(({ name, folder }) => `import * as ${name} from "./drivers/virtio/${folder}/driver";`),
    ],
    start: [
      isNetworked ? `  startPinnedChunks(${chunks});` : "  startPinned(0);",
      ...drivers.map(({ name }) => `  ${name}.start();`),
    ],
    flush: live.map(({ name }) => `    ${name}.flush();`),
    finish: late.length > 0 ? ["  drain();"] : [],
    run: late.length > 0 ? [...drain(late), "", ...runWith(live)] : SLEEP,
  };
}

function drain(drivers: readonly Driver[]): string[] {
  return [
    "/** A machine that ends would take with it what its devices have not read. */",
    "function drain(): void {",
    "  if (!machineEnds()) return;",
    ...drivers.map(({ name }) => `  ${name}.drain();`),
    "}",
  ];
}

function runWith(drivers: readonly Driver[]): string[] {
  if (drivers.length === 0) {
    return [
      "export function run(): void {",
      "  for (;;) {",
      "    const deadline = turn();",
      "    drain();",
      "    idle(deadline);",
      "  }",
      "}",
    ];
  }
  return [
    "/** Turns without sleep before the platform gets its turn, in which it may end the machine. */",
    "const SLEEPLESS_LIMIT = 16;",
    "",
    "export function run(): void {",
    "  let sleepless = 0;",
    "  for (;;) {",
    "    const deadline = turn();",
    `    const busy = ${["expect", "arm"].flatMap((ask) => drivers.map(({ name }) => `${name}.${ask}()`)).join(" || ")};`,
    "    if (busy && !machineEnds() && ++sleepless < SLEEPLESS_LIMIT) continue;",
    "    sleepless = 0;",
    "    drain();",
    "    idle(busy ? 0 : deadline);",
    ...drivers.map(({ name }) => `    ${name}.disarm();`),
    "  }",
    "}",
  ];
}
