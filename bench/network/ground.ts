/**
 * Where a client and a server stand for one measurement: two network namespaces joined by veth, or one with a TAP
 * device in veth's place. Without root, both stand on the host's loopback.
 *
 * With `steer`, each end's processor does the deferred work of what that end receives, as with a network card of its
 * own. Without it, Linux does that work where the frame was sent: a server's receiving is then done by the client's
 * processor, and the client's by the server's.
 */
import { Namespace, whyNoNamespaces } from "./namespace.ts";
import { CLIENT_PROCESSOR, SERVER_PROCESSOR } from "./processors.ts";

export const CLIENT_ADDRESS = "10.98.0.1";
export const SERVER_ADDRESS = "10.98.0.2";
export const TAP = "sky0";
const [CLIENT_DEVICE, SERVER_DEVICE] = ["client0", "server0"];
const LOOPBACK = "127.0.0.1";

/** A Linux program, or a machine of ours on a TAP device. */
export type Stand = "host" | "tap";

export interface Ground {
  readonly address: string;
  /** Lines of the configuration of a machine on the TAP device. */
  readonly configuration: readonly string[];
  clientCommand(words: readonly string[]): readonly string[];
  serverCommand(words: readonly string[]): readonly string[];
  /** When the server is there: only then is its TAP device. */
  joinTap(): void;
  close(): void;
}

export interface GroundOptions {
  readonly steer: boolean;
  /** Features of veth to switch off, as `ethtool -K` names them. */
  readonly without?: readonly string[];
}

export async function prepareGround(stand: Stand, options: GroundOptions): Promise<Ground> {
  if (whyNoNamespaces() !== undefined) return loopback();
  const client = await Namespace.create();
  return stand === "tap" ? tapGround(client, options) : vethGround(client, await Namespace.create(), options);
}

function loopback(): Ground {
  const same = (words: readonly string[]): readonly string[] => words;
  const nothing = (): void => {};
  const face = { address: LOOPBACK, configuration: [], clientCommand: same, serverCommand: same };
  return { ...face, joinTap: nothing, close: nothing };
}

function tapGround(client: Namespace, { steer, without = [] }: GroundOptions): Ground {
  const inside = (words: readonly string[]): readonly string[] => client.inside(words);
  return {
    address: SERVER_ADDRESS,
    configuration: [`net.address=${SERVER_ADDRESS}/24`, `net.gateway=${CLIENT_ADDRESS}`],
    clientCommand: inside,
    serverCommand: inside,
    joinTap() {
      client.address(TAP, CLIENT_ADDRESS);
      for (const feature of without) client.run("ethtool", "-K", TAP, feature, "off");
      if (steer) client.steer(TAP, CLIENT_PROCESSOR);
    },
    close: () => client.close(),
  };
}

function vethGround(client: Namespace, server: Namespace, { steer, without = [] }: GroundOptions): Ground {
  client.join(CLIENT_DEVICE, server, SERVER_DEVICE);
  const ends = [
    [client, CLIENT_DEVICE, CLIENT_ADDRESS, CLIENT_PROCESSOR],
    [server, SERVER_DEVICE, SERVER_ADDRESS, SERVER_PROCESSOR],
  ] as const;
  for (const [namespace, device, address, processor] of ends) {
    for (const feature of without) namespace.run("ethtool", "-K", device, feature, "off");
    namespace.address(device, address);
    if (steer) namespace.steer(device, processor);
  }
  return {
    address: SERVER_ADDRESS,
    configuration: [],
    clientCommand: (words) => client.inside(words),
    serverCommand: (words) => server.inside(words),
    joinTap() {},
    close() {
      client.close();
      server.close();
    },
  };
}
