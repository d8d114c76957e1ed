/** Rows of the whole command, as a user waits for it: Node's start, the build with a warm cache, and the launch. */
import { existsSync } from "node:fs";
import path from "node:path";
import { PACKAGE_ROOT } from "../../src/image/package-root.ts";
import { canRunProcesses } from "../../src/targets/process/target.ts";
import type { Rows } from "./row.ts";
import { runSpawned } from "./spawned-server.ts";

const COMMAND = path.join(PACKAGE_ROOT, "bin/skerry.js");
const BUILT = path.join(PACKAGE_ROOT, "dist/cli.js");
const ENTRIES = { "http-native": "examples/http-native/main.ts", hello: "examples/hello/server.ts" };

export function commandRows(): Rows {
  const rows = Object.entries(ENTRIES).map(([app, entry]) => {
    const words = [COMMAND, "run", path.join(PACKAGE_ROOT, entry), "--target", "process", "-p", "0:80"];
    return {
      name: `skerry run ${app}, process`,
      run: () => runSpawned(words, /listening on http:\/\/[^:]+:(\d+)/),
    };
  });
  const why = reason();
  if (why === undefined) return { rows, absent: [] };
  return { rows: [], absent: rows.map(({ name }) => ({ name, why })) };
}

function reason(): string | undefined {
  if (!canRunProcesses()) return "needs Linux on x86-64";
  return existsSync(BUILT) ? undefined : "the command is not built: npm run build";
}
