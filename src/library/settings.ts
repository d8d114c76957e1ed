/** How a machine is to be started: what the command line says, else the configuration, else what is usual. */
import type { AssetsWish } from "../image/assets/assets.ts";
import type { ImageWish } from "../image/image.ts";
import type { IsolationOption } from "../image/isolation.ts";
import { UserError } from "../image/user-error.ts";
import type { Forward } from "../targets/target.ts";
import type { TargetWish } from "./choose-target.ts";
import { networkLines, type GuestNetwork } from "./guest-network.ts";
import type { ValidConfiguration } from "./schema.ts";
import { HTTP_PORT } from "./values.ts";

export interface Settings extends TargetWish {
  readonly forwards: readonly Forward[];
  readonly environment: Readonly<Record<string, string>>;
  readonly outbound: readonly string[];
  readonly memoryMiB: number | undefined;
  /** `key=value` lines of the boot configuration. */
  readonly bootLines: readonly string[];
  readonly pcapFile: string | undefined;
  readonly tap: string | undefined;
  /** Who the guest is behind `tap`. */
  readonly network: GuestNetwork;
  readonly isolation: IsolationOption | undefined;
  readonly assets: AssetsWish | undefined;
}

/** What was said, before what is usual. */
export type Given = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

export const USUAL_FORWARDS: readonly Forward[] = [
  { hostAddress: "127.0.0.1", hostPort: 8080, guestPort: HTTP_PORT },
];

/** `given` beats `configuration`. Environments are joined. */
export function settingsOf(configuration: ValidConfiguration, given: Given): Settings {
  const { accelerator } = configuration;
  const { network = {} } = given;
  return {
    target: given.target ?? configuration.target ?? "auto",
    accelerator: given.accelerator ?? (accelerator === "auto" ? undefined : accelerator),
    forwards: distinct(given.forwards ?? configuration.ports ?? USUAL_FORWARDS),
    environment: { ...configuration.env, ...given.environment },
    outbound: given.outbound ?? configuration.allow ?? [],
    memoryMiB: given.memoryMiB ?? configuration.memory,
    bootLines: [...networkLines(network), ...limitLines(configuration), ...(given.bootLines ?? [])],
    pcapFile: given.pcapFile,
    tap: given.tap,
    network,
    isolation: given.isolation ?? configuration.isolation,
    assets: assetsOf(configuration, given.assets),
  };
}

/** A port of this computer leads to one of the machine's. */
function distinct(forwards: readonly Forward[]): readonly Forward[] {
  const seen = new Map<string, Forward>();
  for (const forward of forwards.filter(({ hostPort }) => hostPort !== 0)) {
    const from = `${forward.hostAddress}:${forward.hostPort}`;
    const first = seen.get(from);
    if (first !== undefined) {
      const said = `${from} would lead to the machine's ports ${first.guestPort} and ${forward.guestPort}`;
      throw new UserError("usage", said, "name each port of this computer once");
    }
    seen.set(from, forward);
  }
  return forwards;
}

/** Another folder has the configuration's ways. */
export function assetsOf(
  { assets }: ValidConfiguration,
  given: Pick<AssetsWish, "directory"> | undefined,
): AssetsWish | undefined {
  return given === undefined ? assets : { ...assets, ...given };
}

/** What the image must have for these settings to mean anything. */
export function imageWish({ network, isolation, assets }: Settings): ImageWish {
  return { hasIpv6: network.address6 !== undefined, isolation, assets };
}

/** What each limit is called in the guest's boot configuration. */
const LIMIT_KEYS = {
  timeMs: "app.timeLimitMs",
  memory: "app.memoryMiB",
  restarts: "app.restarts",
  connections: "tcp.connections",
} as const satisfies Record<keyof NonNullable<ValidConfiguration["limits"]>, string>;

export function limitLines({ limits = {} }: ValidConfiguration): string[] {
  return Object.entries(limits).map(
    ([name, value]) => `${LIMIT_KEYS[name as keyof typeof LIMIT_KEYS]}=${value}`,
  );
}
