/** A machine hosted in Node whose app asks a server on the host: what the tests of clients share. */
import assert from "node:assert/strict";
import path from "node:path";
import { buildImage } from "../../src/image/image.ts";
import { nodeTarget } from "../../src/targets/node/target.ts";
import type { Machine } from "../../src/targets/target.ts";
import { ROOT } from "./skerry.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

export class AskingMachine {
  /** What the machine has written to its error stream. */
  errors = "";
  readonly upstream: Upstream;
  #machine!: Machine;

  private constructor(upstream: Upstream) {
    this.upstream = upstream;
  }

  /** Of an app in `tests/apps`, which may go to the server and nowhere else. */
  static async start(app: string): Promise<AskingMachine> {
    const image = await buildImage(path.join(ROOT, "tests/apps", app));
    assert.ok(image.manifest.services.includes("fetch"));
    const asking = new AskingMachine(await startUpstream());
    asking.#machine = await nodeTarget.start(image, {
      forwards: [{ hostAddress: "127.0.0.1", hostPort: 0, guestPort: 80 }],
      environment: { UPSTREAM: asking.upstream.url },
      outbound: [asking.upstream.grant],
      onConsole: (stream, text) => void (stream === 2 && (asking.errors += text)),
    });
    return asking;
  }

  /** Asks the app for a path. */
  ask(name: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#machine.forwards[0]!.hostPort}/${name}`);
  }

  async stop(): Promise<void> {
    await this.#machine.stop();
    this.upstream.close();
  }
}
