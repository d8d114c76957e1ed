import test from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { KindName, Measure } from "./comparison.ts";
import type { Kind, Ready } from "./kinds/kind.ts";
import { measureKinds, quantile } from "./measure.ts";
import { NotHere } from "./not-here.ts";

const ONE: Measure = { value: 1, how: "made up" };
const OPTIONS = { rounds: 3, path: "/", limitMs: 5000, onStep: () => {} };

interface Counts {
  started: number;
  stopped: number;
  observed: number;
  closed: number;
}

/** A kind that is a server of this process. */
function madeUp(
  name: KindName,
  change: Partial<Ready> = {},
): { readonly kind: Kind; readonly counts: Counts } {
  const counts: Counts = { started: 0, stopped: 0, observed: 0, closed: 0 };
  const ready: Ready = {
    how: "made up",
    shippedBytes: ONE,
    close: () => void counts.closed++,
    async start() {
      counts.started++;
      const server = createServer((_, response) => response.end(name)).listen(0, "127.0.0.1");
      await once(server, "listening");
      return {
        port: (server.address() as AddressInfo).port,
        observe: () => {
          counts.observed++;
          return Promise.resolve({ layers: [], memory: { residentBytes: ONE, proportionalBytes: ONE } });
        },
        stop: async () => {
          counts.stopped++;
          server.closeAllConnections();
          await once(server.close(), "close");
        },
      };
    },
    ...change,
  };
  return { kind: { name, prepare: () => Promise.resolve(ready) }, counts };
}

test("each kind starts once to be looked at and once a round for its time, and each start is ended", async () => {
  const { kind, counts } = madeUp("process");
  const { kinds, answers } = await measureKinds([kind], OPTIONS);
  assert.deepEqual(counts, { started: 4, stopped: 4, observed: 1, closed: 1 });
  assert.equal(kinds[0]!.isMeasured, true);
  assert.equal(kinds[0]!.boot.medianMs !== null && kinds[0]!.boot.rounds, 3);
  assert.deepEqual(answers.get("process"), { status: 200, body: "process" });
});

test("a kind that is not here, or fails, says why, and the others are measured", async () => {
  const fails = madeUp("container", { start: () => Promise.reject(new Error("no luck\nwith more")) });
  const absent: Kind = { name: "microvm", prepare: () => Promise.reject(new NotHere("no kernel")) };
  const { kind } = madeUp("process");
  const { kinds } = await measureKinds([fails.kind, absent, kind], OPTIONS);
  assert.deepEqual(
    kinds.map(({ isMeasured, how }) => [isMeasured, how]),
    [
      [false, "no luck"],
      [false, "no kernel"],
      [true, "made up"],
    ],
  );
  assert.equal(fails.counts.closed, 1, "what it had made is taken away");
  assert.ok(kinds[1]!.layers.length >= 3, "how it is built is known all the same");
  assert.ok(kinds[1]!.layers.every(({ codeBytes }) => codeBytes.value === null));
});

test("a kind that fails in a round is left out, with the round", async () => {
  const good = madeUp("process");
  let starts = 0;
  const shaky: Kind = {
    name: "skerry",
    async prepare() {
      const ready = await good.kind.prepare();
      return {
        ...ready,
        start: () => (++starts === 3 ? Promise.reject(new Error("died")) : ready.start()),
      };
    },
  };
  const { kinds } = await measureKinds([shaky], OPTIONS);
  assert.deepEqual([kinds[0]!.isMeasured, kinds[0]!.how], [false, "died (start 2)"]);
});

test("a median lies between, in proportion", () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([1, 2], 0.25), 1.25);
});
