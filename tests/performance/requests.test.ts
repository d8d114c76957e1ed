/**
 * What a request to the smallest server may execute in ring 3: limits, so that the hot path stays as it is.
 *
 * Counts hardly depend on the host: how many requests meet in one turn does. `docs/internals/network.md` has the
 * budget function by function.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { canProfile, profileRequests, type Load } from "./guest-instructions/profile.ts";

const MANY_CONNECTIONS_LIMIT = 4_000;
const ONE_CONNECTION_LIMIT = 4_500;
const NEW_CONNECTION_LIMIT = 14_500;

const ENTRY = path.join(PACKAGE_ROOT, "examples/http-native/main.ts");

const CASES: readonly (readonly [name: string, load: Load, limit: number])[] = [
  ["of 32 connections that stay open", { connections: 32 }, MANY_CONNECTIONS_LIMIT],
  ["of one connection that stays open", { connections: 1 }, ONE_CONNECTION_LIMIT],
  ["with a connection of its own", { connections: 1, closes: true }, NEW_CONNECTION_LIMIT],
];

for (const [name, load, limit] of CASES) {
  test(`a request ${name} takes at most ${limit} instructions`, async (t) => {
    if (!canProfile()) {
      t.skip("needs cc, qemu-system-x86_64 and wrk");
      return;
    }
    const { instructions, requests } = await profileRequests(ENTRY, load);
    t.diagnostic(`${instructions.toFixed(0)} instructions, of ${requests} requests`);
    assert.ok(instructions > 0 && instructions <= limit, `${instructions}`);
  });
}
