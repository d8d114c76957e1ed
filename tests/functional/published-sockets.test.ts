/** The package `ws`, and what stands on it, as published: an image has our own in its place. */
import path from "node:path";
import { buildImage } from "../../src/image/image.ts";
import { testEverywhere } from "./everywhere.ts";
import { sockets } from "./published-sockets.ts";
import { ROOT } from "./skerry.ts";

testEverywhere(
  "tests/apps/published-sockets.ts serves WebSockets beside Express",
  () => buildImage(path.join(ROOT, "tests/apps/published-sockets.ts")),
  sockets,
);
