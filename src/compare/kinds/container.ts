/** Node in a container, as runc starts it: namespaces, control groups, few capabilities, a filter where one is found. */
import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { endWithThisProcess } from "../../targets/native/children.ts";
import type { Door } from "../comparison.ts";
import { writeBundle, type Bundle } from "../container/bundle.ts";
import { allowedCalls } from "../container/filter.ts";
import { removeGroups } from "../container/groups.ts";
import type { HostKernel } from "../kernel-facts.ts";
import type { NodeApp } from "../node-app.ts";
import { nodeFiles, sizeOf } from "../node-files.ts";
import { NotHere } from "../not-here.ts";
import { filterMode, readProcess } from "../process-facts.ts";
import { door, LISTENING, START_LIMIT_MS, type Kind, type Ready, type Started } from "./kind.ts";
import { callsOf, hostLayer, memoryOf, nodeLayer } from "./node-layer.ts";
import { Spoken } from "./spoken.ts";

const RUNC = "runc";
const runAside = promisify(execFile);

export function containerKind(app: NodeApp, kernel: HostKernel): Kind {
  return { name: "container", prepare: () => Promise.resolve(prepare(app, kernel)) };
}

function prepare(app: NodeApp, kernel: HostKernel): Ready {
  const version = runcVersion();
  const folder = mkdtempSync(path.join(tmpdir(), "skerry-container-"));
  const close = (): void => {
    process.off("exit", close);
    // The system may still be busy with what was just ended.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  };
  process.on("exit", close);
  try {
    const bundle = writeBundle(RUNC, folder, app);
    const filtered =
      bundle.profileFile === undefined
        ? "no filter: no engine's profile is here"
        : `the filter of ${bundle.profileFile}`;
    let count = 0;
    return {
      how: `${version}${bundle.isRootless ? ", rootless" : ", as root with few capabilities"}: what runc spec gives, ${filtered}, the host's network; node ${process.versions.node} and its libraries copied from this host`,
      shippedBytes: {
        value: sizeOf(nodeFiles()) + app.code.length,
        how: "the container's files: no distribution, no shell",
      },
      start: () => start(bundle, `skerry-compare-${process.pid}-${++count}`, kernel),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function runcVersion(): string {
  try {
    return execFileSync(RUNC, ["--version"], { encoding: "utf8", stdio: "pipe" })
      .split("\n", 1)[0]!
      .replace(/ version /, " ");
  } catch {
    throw new NotHere("there is no runc here (Debian: apt install runc)");
  }
}

async function start(bundle: Bundle, id: string, kernel: HostKernel): Promise<Started> {
  const state = ["--root", path.join(bundle.folder, "state")];
  const child = spawn(RUNC, [...state, "run", "--bundle", bundle.folder, id], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithThisProcess(child);
  const ended = once(child, "exit");
  const remove = [...state, "delete", "--force", id];
  // At this process's end there is no time to wait for anything. First runc, which may be about to make the container
  // and its files: what it has not made by then it never will, and what it has made is taken away, groups too of which it
  // had not yet written down that they are the container's.
  const removeAtExit = (): void => {
    child.kill("SIGKILL");
    spawnSync(RUNC, remove, { stdio: "ignore" });
    removeGroups(id);
  };
  // Before the container's files go.
  process.prependListener("exit", removeAtExit);
  const stop = async (): Promise<void> => {
    await runAside(RUNC, [...state, "kill", id, "KILL"]).catch(() => child.kill("SIGKILL"));
    await ended;
    await runAside(RUNC, remove).catch(() => {});
    process.off("exit", removeAtExit);
  };
  try {
    const [, port] = await new Spoken(child, [child.stdout, child.stderr]).match(LISTENING, START_LIMIT_MS);
    return { port: Number(port), observe: () => observe(bundle, state, id, kernel), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function observe(bundle: Bundle, state: readonly string[], id: string, kernel: HostKernel) {
  const { stdout } = await runAside(RUNC, [...state, "state", id]);
  const { pid } = JSON.parse(stdout) as { readonly pid: number };
  const isFiltered = filterMode(readProcess(pid, "status") ?? "") === 2;
  return {
    layers: [
      nodeLayer(readProcess(pid, "maps"), "a process in namespaces", [callDoor(bundle, isFiltered, kernel)]),
      hostLayer(kernel),
    ],
    memory: memoryOf(pid),
  };
}

function callDoor({ filter }: Bundle, isFiltered: boolean, kernel: HostKernel): Door {
  const { systemCalls } = kernel;
  if (filter === undefined || systemCalls === undefined) {
    return door("system calls", callsOf(kernel), { note: isFiltered ? "behind a filter" : "no filter" });
  }
  if (!isFiltered) throw new Error("runc was given a filter, and the container runs without one");
  const { names, withConditions } = allowedCalls(filter, systemCalls);
  return door(
    "system calls",
    { value: names.length, how: "of the kernel's calls, those that the container's filter lets through" },
    { note: `of ${systemCalls.length}, by its filter; ${withConditions} with fitting arguments only` },
  );
}
