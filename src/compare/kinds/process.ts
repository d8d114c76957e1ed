/** Node as a process of this host, as `node server.js` starts it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { endWithThisProcess } from "../../targets/native/children.ts";
import { PrivateFiles } from "../../targets/native/private-files.ts";
import type { HostKernel } from "../kernel-facts.ts";
import type { NodeApp } from "../node-app.ts";
import { nodeFiles, sizeOf } from "../node-files.ts";
import { messageOf } from "../not-here.ts";
import { filterMode, readProcess } from "../process-facts.ts";
import type { Measure } from "../comparison.ts";
import { door, LISTENING, START_LIMIT_MS, type Kind, type Started } from "./kind.ts";
import { callsOf, hostLayer, memoryOf, nodeLayer } from "./node-layer.ts";
import { Spoken } from "./spoken.ts";

export function processKind(app: NodeApp, kernel: HostKernel): Kind {
  return {
    name: "process",
    prepare: () => {
      const files = new PrivateFiles();
      const file = files.write("app.mjs", app.code);
      return Promise.resolve({
        how: `node ${process.versions.node} of this host, as this user, with nothing around it`,
        shippedBytes: shippedBytes(app),
        start: () => start(file, app.environment, kernel),
        close: () => files.remove(),
      });
    },
  };
}

/** A host may have Node already; what is patched is it all the same. */
function shippedBytes(app: NodeApp): Measure {
  try {
    const value = sizeOf(nodeFiles()) + app.code.length;
    return { value, how: "the app's bundle, node, and the libraries that ldd names" };
  } catch (error) {
    return { value: null, why: messageOf(error) };
  }
}

async function start(
  file: string,
  environment: NodeApp["environment"],
  kernel: HostKernel,
): Promise<Started> {
  const child = spawn(process.execPath, [file, "0", "127.0.0.1"], {
    env: { PATH: process.env["PATH"], ...environment },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithThisProcess(child);
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    const [, port] = await new Spoken(child, [child.stdout, child.stderr]).match(LISTENING, START_LIMIT_MS);
    return {
      port: Number(port),
      observe: () => {
        const pid = child.pid!;
        const mode = filterMode(readProcess(pid, "status") ?? "");
        const note = mode === 0 ? "no filter" : mode === undefined ? "filter not told" : "behind a filter";
        const doors = [door("system calls", callsOf(kernel), { note })];
        const layers = [nodeLayer(readProcess(pid, "maps"), "a process", doors), hostLayer(kernel)];
        return Promise.resolve({ layers, memory: memoryOf(pid) });
      },
      stop,
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}
