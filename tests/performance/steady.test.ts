/** Under a steady load no request fails and no memory grows. */
import test from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { buildImage } from "../../src/image/image.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";

const SECONDS = process.env["SKERRY_LONG"] === "1" ? 30 : 5;
const WASM_PAGE = 65536;

/** `wrk`'s report; it must have no line on errors. */
async function wrk(port: number, seconds: number): Promise<string> {
  const words = ["-t1", "-c32", "--timeout", "60s", `-d${seconds}`, `http://127.0.0.1:${port}/path`];
  return (await promisify(execFile)("wrk", words)).stdout;
}

for (const entry of ["examples/http-native/main.ts", "examples/hello/server.ts"]) {
  test(`${entry} under wrk: no error, at most one page of drift after warm-up`, async () => {
    const image = await buildImage(entry);
    const machine = await nodeTarget.start(image, {
      forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
      environment: {},
      outbound: [],
      onConsole: (_stream, text) => assert.fail(`the console says: ${text}`),
    });
    try {
      const port = machine.forwards[0]!.hostPort;
      await wrk(port, 3);
      const before = await machine.status();
      const report = await wrk(port, SECONDS);
      const after = await machine.status();
      assert.doesNotMatch(report, /Socket errors|Non-2xx/);
      assert.ok(Number(/(\d+) requests in/.exec(report)![1]) > 1000, report);
      assert.ok(after.kernelTouchedBytes - before.kernelTouchedBytes <= WASM_PAGE);
      assert.ok(after.appTouchedBytes - before.appTouchedBytes <= WASM_PAGE);
    } finally {
      await machine.stop();
    }
  });
}
