/** Published packages at pinned versions, unmodified, behind the paths of two servers: one of the Web's, one of Node's. */
import path from "node:path";
import { buildImage } from "../../src/image/image.ts";
import { testEverywhere } from "./everywhere.ts";
import { PUBLISHED_APPS } from "./published-apps.ts";
import { ROOT } from "./skerry.ts";

for (const [entry, check] of Object.entries(PUBLISHED_APPS))
  testEverywhere(
    `tests/apps/${entry} answers over HTTP`,
    () => buildImage(path.join(ROOT, "tests/apps", entry)),
    check,
  );
