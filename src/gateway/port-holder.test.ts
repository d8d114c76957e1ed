import test from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { explainListenError } from "./forward.ts";
import { findPortHolder } from "./port-holder.ts";

const isLinux = process.platform === "linux";

for (const host of ["127.0.0.1", "::1"]) {
  test(`who listens on a port of ${host} is found by number and name, and nobody once it is closed`, async (t) => {
    if (!isLinux) return t.skip("only Linux says who has a socket");
    const server = createServer().listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const name = readFileSync("/proc/self/comm", "utf8").trim();
    assert.deepEqual(findPortHolder(port), { pid: process.pid, name });
    const error = Object.assign(new Error("taken"), { code: "EADDRINUSE" });
    assert.match(
      explainListenError(error, { hostAddress: host, hostPort: port, guestPort: 80 }).message,
      /: this process listens there already$/,
    );
    server.close();
    await once(server, "close");
    assert.equal(findPortHolder(port), undefined);
  });
}
