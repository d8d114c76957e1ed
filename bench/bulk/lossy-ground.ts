/**
 * The ground of a long, narrow and lossy cable (`relay.c`): the same for Linux and for us.
 *
 *   client namespace [lossy0] ── relay ── [lossy1] server namespace        Linux: lossy1 has the address
 *                                            └─ bridge ─ [sky0] machine    ours: behind a bridge
 */
import type { Ground, Stand } from "../network/ground.ts";
import { CLIENT_ADDRESS, SERVER_ADDRESS, TAP } from "../network/ground.ts";
import { Namespace } from "../network/namespace.ts";
import { onClientProcessor } from "../network/processors.ts";
import { startListening } from "../network/started.ts";

const [CLIENT_DEVICE, SERVER_DEVICE, BRIDGE] = ["lossy0", "lossy1", "bridge0"];

export interface Cable {
  readonly lossPpm: number;
  readonly delayUs: number;
  readonly bitsPerSecond: number;
  readonly queueBytes: number;
  readonly seed: number;
}

export async function prepareLossyGround(relay: string, stand: Stand, cable: Cable): Promise<Ground> {
  const [client, server] = [await Namespace.create(), await Namespace.create()];
  const ends = [client.pid, CLIENT_DEVICE, server.pid, SERVER_DEVICE];
  const { lossPpm, delayUs, bitsPerSecond, queueBytes, seed } = cable;
  const words = [...ends, lossPpm, delayUs, bitsPerSecond, queueBytes, seed].map(String);
  const running = await startListening(onClientProcessor([relay, ...words]));
  client.address(CLIENT_DEVICE, CLIENT_ADDRESS);
  if (stand === "host") server.address(SERVER_DEVICE, SERVER_ADDRESS);
  return {
    address: SERVER_ADDRESS,
    configuration: [`net.address=${SERVER_ADDRESS}/24`, `net.gateway=${CLIENT_ADDRESS}`],
    clientCommand: (command) => client.inside(command),
    serverCommand: (command) => server.inside(command),
    joinTap() {
      if (stand === "host") return;
      server.run("ip", "link", "add", BRIDGE, "type", "bridge");
      for (const device of [SERVER_DEVICE, TAP]) server.run("ip", "link", "set", device, "master", BRIDGE);
      for (const device of [BRIDGE, SERVER_DEVICE, TAP]) server.run("ip", "link", "set", device, "up");
    },
    close() {
      void running.stop();
      client.close();
      server.close();
    },
  };
}
