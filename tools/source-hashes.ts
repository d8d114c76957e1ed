/** The hashes of the sources that images are made of, for the bundled tools: see `bundle.mjs`. Prints JSON. */
import { GATEWAY_SOURCES } from "../src/gateway/module.ts";
import { sourcesHash } from "../src/image/cache.ts";
import { GLUE_SOURCES } from "../src/image/js-app.ts";
import { KERNEL_SOURCES } from "../src/image/kernel.ts";

const hashes: Record<string, string> = {};
for (const folders of [KERNEL_SOURCES, GATEWAY_SOURCES, GLUE_SOURCES]) {
  hashes[folders.join(" ")] = await sourcesHash(folders);
}
process.stdout.write(JSON.stringify(hashes));
