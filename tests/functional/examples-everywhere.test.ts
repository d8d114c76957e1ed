/** The examples that no other test runs on every target: each image is built once, and asked wherever it can run here. */
import path from "node:path";
import { buildImage } from "../../src/image/image.ts";
import type { IsolationOption } from "../../src/image/isolation.ts";
import { testEverywhere } from "./everywhere.ts";
import { EXAMPLE_SERVERS } from "./example-servers.ts";
import { ROOT } from "./skerry.ts";

const EXAMPLES = ["hono", "json", "sse", "static-text", "streaming", "tenants", "websocket"];
/** Of those that are kept apart. */
const ISOLATIONS: Readonly<Record<string, IsolationOption>> = {
  tenants: { by: "tenant", key: { header: "x-tenant" } },
};

for (const name of EXAMPLES) {
  const entry = `${name}/server.ts`;
  const isolation = ISOLATIONS[name];
  testEverywhere(
    `examples/${entry} answers over HTTP`,
    () => buildImage(path.join(ROOT, "examples", entry), isolation === undefined ? {} : { isolation }),
    EXAMPLE_SERVERS[entry]!,
  );
}
