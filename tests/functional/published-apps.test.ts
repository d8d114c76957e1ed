/** Published packages at pinned versions, unmodified, behind the paths of two servers: one of the Web's, one of Node's. */
import assert from "node:assert/strict";
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

testEverywhere(
  "tests/apps/published-loggers.ts prints its lines where Node would",
  () => buildImage(path.join(ROOT, "tests/apps/published-loggers.ts")),
  async (url) => assert.equal((await fetch(`${url}/notes/7`)).status, 200),
  {
    output:
      /^\{"level":30,"app":"notes","reqId":"req-1","req":\{"method":"GET","url":"\/notes\/7"[^]*\{"level":30,"app":"notes","reqId":"req-1","token":"\[Redacted\]","msg":"asked for wörter"\}\n[^]*"msg":"request completed"\}\n$/,
    errors: /^\{"level":40,"id":"7","msg":"none"\}\n$/,
  },
);
