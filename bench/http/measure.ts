/** One server's turn: its ground is made, it is started, loaded, sampled, and everything is gone again. */
import { prepareGround } from "../network/ground.ts";
import {
  family,
  isRoot,
  ownTimeUs,
  meterCommand,
  parseShare,
  onClientProcessor,
  onServerProcessor,
  type Share,
} from "../network/processors.ts";
import { startListening } from "../network/started.ts";
import { applyLoad, type Answers } from "./client.ts";
import type { Server } from "./servers.ts";

/** Of the counted time, left unsampled at its end. */
const MARGIN_MS = 300;
const CONNECTIONS = 32;
const PATH = "/users/42?verbose=1";

export interface Tools {
  readonly client: string;
  readonly meter: string;
}

export interface Asked {
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly countedMs: number;
  readonly steer: boolean;
  readonly napUs: number;
  readonly port: number;
}

export interface Turn extends Answers {
  readonly perSecond: number;
  /** Of the server's processor, for each request. Without root all that is known is `userUs`. */
  readonly cost: Share;
}

export async function measure(server: Server, tools: Tools, asked: Asked): Promise<Turn> {
  const { perSecond, warmUpMs, countedMs, steer, napUs, port } = asked;
  const ground = await prepareGround(server.stands, { steer });
  const { address, configuration } = ground;
  try {
    const words = onServerProcessor(
      await server.command({ address, port, configuration }),
      server.hasOneThread ?? false,
    );
    const started = await startListening(ground.serverCommand(words));
    try {
      ground.joinTap();
      const pids = family(started.pid);
      const load = { address, port, path: PATH, perSecond, connections: CONNECTIONS, napUs };
      const before = ownTimeUs(pids);
      const { answers, beside } = await applyLoad(
        tools.client,
        { ...load, warmUpMs, countedMs },
        (command) => ground.clientCommand(onClientProcessor(command)),
        isRoot() ? meterCommand(tools.meter, pids, countedMs - MARGIN_MS) : [],
      );
      const rate = answers.answered / answers.seconds;
      const share = isRoot() ? parseShare(beside) : ownShare(ownTimeUs(pids) - before, warmUpMs + countedMs);
      return { ...answers, perSecond: rate, cost: forEach(share, rate) };
    } finally {
      await started.stop();
    }
  } finally {
    ground.close();
  }
}

/** Without root a processor cannot be sampled; Linux's own count of the processes' time has no softirq in it. */
function ownShare(timeUs: number, durationMs: number): Share {
  return { userUs: (timeUs / durationMs) * 1000, kernelUs: 0, softirqUs: 0, othersUs: 0 };
}

function forEach(share: Share, perSecond: number): Share {
  const { userUs, kernelUs, softirqUs, othersUs } = share;
  return {
    userUs: userUs / perSecond,
    kernelUs: kernelUs / perSecond,
    softirqUs: softirqUs / perSecond,
    othersUs: othersUs / 1e6,
  };
}
