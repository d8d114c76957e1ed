/**
 * Says where a machine listens, once it does: a program may never, or only after it has waited for something.
 *
 * Tests: listening.test.ts
 */
import type { Manifest } from "../abi/manifest.ts";
import { mayListen } from "../image/services.ts";
import { USUAL_FORWARDS, type Settings } from "../library/settings.ts";
import { guestUrl, HTTP_PORT } from "../library/values.ts";
import type { Forward, Machine } from "../targets/target.ts";
import type { Output } from "./output.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1600;

type Sleep = (ms: number) => Promise<void>;

/** Keeps no process from its end. */
const sleepLightly: Sleep = (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref());

export interface Listener {
  /** Somebody listens: a request would be answered. */
  listens(forward: Forward): void;
  /** Nobody does, for a while already. */
  isSilent(forward: Forward): void;
}

/**
 * Resolves when it is known of each port whether somebody listens; where nobody does, and that changes, it is told
 * later. `forwards` lead from this computer's ports to the machine's.
 */
export async function whenListening(
  machine: Machine,
  forwards: readonly Forward[],
  listener: Listener,
  sleep: Sleep = sleepLightly,
): Promise<void> {
  const over = machine.exited.then(() => undefined);
  await Promise.all(
    forwards.map(async (forward) => {
      const ask = (): Promise<boolean | undefined> =>
        Promise.race([machine.answers(forward.guestPort), over]);
      const answer = await ask();
      if (answer === true) listener.listens(forward);
      if (answer === false) void askOn(ask, forward, listener, sleep);
    }),
  );
}

/** Until there is another answer than no. */
async function askOn(
  ask: () => Promise<boolean | undefined>,
  forward: Forward,
  listener: Listener,
  sleep: Sleep,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  for (let answer: boolean | undefined = false; answer === false;) {
    await sleep(pauseMs);
    answer = await ask();
    if (answer === true) listener.listens(forward);
    if (answer === false && pauseMs < LONGEST_PAUSE_MS && (pauseMs *= 2) >= LONGEST_PAUSE_MS) {
      listener.isSilent(forward);
    }
  }
}

/** Ports that were asked for, of a program that is no server. */
export function warnOfUnusedPorts(
  manifest: Manifest,
  { forwards }: Pick<Settings, "forwards">,
  output: Output,
): void {
  if (forwards === USUAL_FORWARDS || forwards.length === 0 || mayListen(manifest)) return;
  const text = `${manifest.name} never listens, so no port leads to it`;
  output.event("warning", text, { code: "no-server" });
}

/** Tells people. That nobody listens is only worth a word where ports were asked for: most programs are no servers. */
export function tellListening({ forwards }: Pick<Settings, "forwards">, output: Output): Listener {
  return {
    listens(forward) {
      const url = guestUrl(forward);
      output.event("listening", `listening on ${url}`, { url, guestPort: forward.guestPort });
    },
    isSilent({ hostAddress, hostPort, guestPort }) {
      if (forwards === USUAL_FORWARDS) return;
      const from = `${hostAddress}:${hostPort}`;
      const text = `${from} leads to the machine's port ${guestPort}, where nothing listens yet; a JavaScript server is at ${HTTP_PORT}`;
      output.event("warning", text, { code: "silent", guestPort });
    },
  };
}
