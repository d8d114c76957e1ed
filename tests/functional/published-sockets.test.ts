/** The package `ws`, and what stands on it, as published: an image has our own in its place. */
import path from "node:path";
import { buildImage } from "../../src/image/image.ts";
import { testEverywhere } from "./everywhere.ts";
import { socketIo, sockets } from "./published-sockets.ts";
import { ROOT } from "./skerry.ts";

testEverywhere(
  "tests/apps/published-sockets.ts serves WebSockets beside Express",
  () => buildImage(path.join(ROOT, "tests/apps/published-sockets.ts")),
  sockets,
);

testEverywhere(
  "tests/apps/published-socket-io.ts is Socket.IO by polling and by WebSocket",
  () => buildImage(path.join(ROOT, "tests/apps/published-socket-io.ts")),
  socketIo,
);
