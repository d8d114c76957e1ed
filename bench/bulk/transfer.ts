/** One transfer: a server of bulk data on its ground, Linux's end as the client, and how fast it went. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { onClientProcessor, onServerProcessor } from "../network/processors.ts";
import type { Ground } from "../network/ground.ts";
import { startListening } from "../network/started.ts";
import type { Peer } from "./peers.ts";

/** As the client sees it. */
export const DIRECTIONS = ["send", "receive"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** Over the time itself. */
const LIMIT_MS = 30_000;
const execute = promisify(execFile);

export interface Span {
  readonly warmUpMs: number;
  readonly countedMs: number;
  /** More than this, and the transfer has failed. */
  readonly limitMs?: number;
}

/** Bytes a second, each direction on a connection of its own, one after the other. Ends `ground`. */
export async function transfer(
  peer: Peer,
  program: string,
  ground: Ground,
  directions: readonly Direction[],
  { warmUpMs, countedMs, limitMs = warmUpMs + countedMs + LIMIT_MS }: Span,
): Promise<ReadonlyMap<Direction, number>> {
  try {
    const command = await peer.command(ground.address, ground.configuration);
    const started = await startListening(ground.serverCommand(onServerProcessor(command, peer.hasOneThread)));
    try {
      ground.joinTap();
      const rates = new Map<Direction, number>();
      for (const direction of directions) {
        const words = [program, direction, ground.address, String(warmUpMs), String(countedMs)];
        const [first, ...rest] = ground.clientCommand(onClientProcessor(words));
        const { stdout } = await execute(first!, rest, { timeout: limitMs, killSignal: "SIGKILL" });
        rates.set(direction, Number(stdout));
      }
      return rates;
    } finally {
      await started.stop();
    }
  } finally {
    ground.close();
  }
}
