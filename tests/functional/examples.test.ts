/** Every example, run by the command line and asked over HTTP. */
import test from "node:test";
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { EXAMPLE_SERVERS } from "./example-servers.ts";
import { ROOT, serve, skerry } from "./skerry.ts";

/** Of examples that are made to be kept apart. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "tenants/server.ts": ["--isolation", "tenant=x-tenant"],
};

for (const [entry, check] of Object.entries(EXAMPLE_SERVERS)) {
  test(`examples/${entry} answers over HTTP`, async () => {
    const server = await serve(`examples/${entry}`, ...(OPTIONS[entry] ?? []));
    try {
      await check(server.url);
    } finally {
      const { errors } = await server.stop();
      assert.doesNotMatch(errors, /trapped|fault|bug in Skerry/);
    }
  });
}

test("examples/console prints its line and exits with 7", async () => {
  const { status, output } = await skerry("run", "examples/console/main.ts");
  assert.equal(output, "hello from a machine without an operating system\n");
  assert.equal(status, 7);
});

test("every example is run by a test", () => {
  // Those that need something beside them have tests of their own.
  const others = ["console", "fetch", "fetch-native"];
  const tested = new Set([...Object.keys(EXAMPLE_SERVERS).map((entry) => entry.split("/")[0]), ...others]);
  const folders = readdirSync(path.join(ROOT, "examples")).filter((name) =>
    existsSync(path.join(ROOT, "examples", name)),
  );
  assert.deepEqual(
    folders.filter((name) => !tested.has(name)),
    [],
  );
});
