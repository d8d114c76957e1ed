/**
 * What a request to the smallest server may execute, driver and keel included, and how often a monitor may have to look at
 * it: limits, so that the hot path stays as it is.
 *
 * Instructions hardly depend on the host: how many requests meet in one turn does. Exits do, since a guest that waits for a
 * host sleeps: 0.1 to 0.2 on a host with nothing else to do, several times that on a busy one. The limit of 0.2 is therefore
 * kept where the pace is given, in `src/kernel/drivers/virtio/net/exits.test.ts`; here requests of many connections must
 * share their exits, beside those of one connection on the same host.
 * `docs/internals/network.md` has the budget function by function.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { canProfile, profileRequests, type Load, type RequestProfile } from "./guest-instructions/profile.ts";

const MANY_CONNECTIONS_LIMIT = 3_500;
const ONE_CONNECTION_LIMIT = 4_300;
const NEW_CONNECTION_LIMIT = 14_500;
const SHARED_EXITS = 0.5;
const RUNS_LIMIT = 5;

const ENTRY = path.join(PACKAGE_ROOT, "examples/http-native/main.ts");

const CASES: readonly (readonly [name: string, load: Load, limit: number])[] = [
  ["of 32 connections that stay open", { connections: 32 }, MANY_CONNECTIONS_LIMIT],
  ["of one connection that stays open", { connections: 1 }, ONE_CONNECTION_LIMIT],
  ["with a connection of its own", { connections: 1, closes: true }, NEW_CONNECTION_LIMIT],
];

const show = ({ instructions, keel, exits, requests }: RequestProfile): string =>
  `${instructions.toFixed(0)} instructions, ${keel.toFixed(0)} of them in ring 0, ` +
  `${exits.toFixed(3)} exits, of ${requests} requests`;

for (const [name, load, limit] of CASES) {
  test(`a request ${name} takes at most ${limit} instructions`, async (t) => {
    if (!canProfile()) {
      t.skip("needs cc, qemu-system-x86_64 and wrk");
      return;
    }
    // On a busy host fewer requests meet in a turn, and timers fire that nobody would have seen.
    let profile = await profileRequests(ENTRY, load);
    for (let run = 1; run < RUNS_LIMIT && profile.instructions > limit; run++) {
      t.diagnostic(show(profile));
      profile = await profileRequests(ENTRY, load);
    }
    t.diagnostic(show(profile));
    assert.ok(profile.instructions > 0 && profile.keel > 0 && profile.instructions <= limit, show(profile));
    // Control: a guest that is asked now and then sleeps in between, and its exits are counted.
    if (load.closes === true) assert.ok(profile.exits > 1, show(profile));
  });
}

test("requests of 32 connections share their exits to the monitor", async (t) => {
  if (!canProfile()) {
    t.skip("needs cc, qemu-system-x86_64 and wrk");
    return;
  }
  const seen: number[] = [];
  while (seen.length < RUNS_LIMIT && !seen.some((share) => share <= SHARED_EXITS)) {
    const [alone, together] = [
      await profileRequests(ENTRY, { connections: 1, seconds: 2 }),
      await profileRequests(ENTRY, { connections: 32, seconds: 2 }),
    ];
    t.diagnostic(`alone ${show(alone)}; together ${show(together)}`);
    seen.push(together.exits / alone.exits);
  }
  assert.ok(Math.min(...seen) > 0 && Math.min(...seen) <= SHARED_EXITS, seen.join());
});
