/**
 * What a request to a JavaScript app may execute: limits, so that what stands between the kernel and a handler stays as
 * little as it is. The apps are those of `bench:js`; `docs/internals/js-dispatch.md` says where the instructions go.
 */
import test from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { canProfile, profileRequests } from "./guest-instructions/profile.ts";

const CONNECTIONS = 32;

const LIMITS: readonly (readonly [app: string, limit: number])[] = [
  ["sync", 20_000],
  ["async-headers", 50_000],
  ["headers", 36_000],
  ["hello", 38_000],
  ["hono", 195_000],
];

for (const [app, limit] of LIMITS) {
  test(`a request to the ${app} handler takes at most ${limit} instructions`, async (t) => {
    if (!canProfile()) {
      t.skip("needs cc, qemu-system-x86_64 and wrk");
      return;
    }
    const entry = path.join(PACKAGE_ROOT, `bench/servers/js/${app}.ts`);
    const { instructions, requests } = await profileRequests(entry, {
      connections: CONNECTIONS,
      seconds: 2,
    });
    t.diagnostic(`${instructions.toFixed(0)} instructions, of ${requests} requests`);
    assert.ok(instructions > 0 && instructions <= limit, String(instructions));
  });
}
