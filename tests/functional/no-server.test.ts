/** Programs that never listen: no port of this computer is theirs, and their images have no more of a network than they use. */
import test from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { skerry } from "./skerry.ts";

const USUAL_PORT = 8080;
const PROGRAMS = {
  "primes.ts": "console.log(2, 3, 5);",
  "asks.ts": 'await fetch("http://127.0.0.1:9/").catch((error) => console.log(error.message));',
  "server.ts": "export default { fetch: () => new Response() };",
};

test("a program that never listens needs no port, whether the usual one or another is taken", async () => {
  const holder = net.createServer();
  // Where it is taken already, all the better.
  await new Promise<void>((resolve) => {
    holder.once("error", () => resolve());
    holder.listen(USUAL_PORT, "127.0.0.1", () => resolve());
  });
  const folder = mkdtempSync(path.join(os.tmpdir(), "skerry-port-"));
  const at = (name: string) => path.join(folder, name);
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(at(name), text);
  try {
    const primes = await skerry("run", at("primes.ts"));
    assert.deepEqual([primes.status, primes.output], [0, "2 3 5\n"]);
    const asks = await skerry("run", at("asks.ts"));
    assert.equal(asks.status, 0, asks.errors);
    assert.match(asks.output, /not allowed/);
    const told = await skerry("run", at("primes.ts"), "-p", `${USUAL_PORT}:80`);
    assert.equal(told.status, 0);
    assert.match(told.errors, /primes never listens, so no port leads to it/);
    const server = await skerry("run", at("server.ts"));
    assert.equal(server.status, 2, "a server needs it");
  } finally {
    holder.close();
    rmSync(folder, { recursive: true });
  }
});
