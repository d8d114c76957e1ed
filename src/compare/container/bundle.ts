/**
 * What runc starts: a folder with the container's files and its configuration, which is runc's own (`runc spec`) with
 * the app in it, the filter of container engines where there is one, and the host's network.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { NodeApp } from "../node-app.ts";
import { APP_PLACE, NODE_PLACE, nodeFiles } from "../node-files.ts";
import { messageOf, NotHere } from "../not-here.ts";
import { runtimeFilter, type Profile, type RuntimeFilter } from "./filter.ts";

/** Where engines keep theirs: containers-common, for podman and others. Docker's is inside its program. */
const PROFILES = ["/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"];

export interface Bundle {
  readonly folder: string;
  readonly isRootless: boolean;
  readonly filter: RuntimeFilter | undefined;
  readonly profileFile: string | undefined;
}

interface Specification {
  readonly process: {
    readonly capabilities: { readonly bounding: readonly string[] };
  };
  readonly linux: { readonly namespaces: readonly { readonly type: string }[] };
}

/** Throws `NotHere` where runc does not say what it would start. */
export function writeBundle(runc: string, folder: string, app: NodeApp): Bundle {
  const isRootless = process.getuid?.() !== 0;
  const root = path.join(folder, "rootfs");
  for (const { from, to } of nodeFiles()) {
    const target = path.join(root, to);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(from, target, constants.COPYFILE_FICLONE);
    chmodSync(target, 0o755);
  }
  writeFileSync(path.join(root, APP_PLACE), app.code);
  for (const name of ["proc", "dev", "sys", "tmp"]) mkdirSync(path.join(root, name), { recursive: true });
  try {
    execFileSync(runc, ["spec", ...(isRootless ? ["--rootless"] : [])], { cwd: folder, stdio: "pipe" });
  } catch (error) {
    throw new NotHere(`runc spec: ${messageOf(error)}`);
  }
  const file = path.join(folder, "config.json");
  const usual = JSON.parse(readFileSync(file, "utf8")) as Specification;
  const profileFile = PROFILES.find((name) => existsSync(name));
  const filter = profileFile === undefined ? undefined : filterOf(profileFile, usual);
  writeFileSync(file, JSON.stringify(withApp(usual, app, filter)));
  return { folder, isRootless, filter, profileFile };
}

function filterOf(file: string, { process: { capabilities } }: Specification): RuntimeFilter {
  const profile = JSON.parse(readFileSync(file, "utf8")) as Profile;
  return runtimeFilter(profile, capabilities.bounding);
}

function withApp(usual: Specification, app: NodeApp, filter: RuntimeFilter | undefined): object {
  const variables = Object.entries({ PATH: "/bin", ...app.environment });
  return {
    ...usual,
    process: {
      ...usual.process,
      terminal: false,
      args: [`/${NODE_PLACE}`, `/${APP_PLACE}`, "0", "127.0.0.1"],
      env: variables.map(([name, value]) => `${name}=${value}`),
    },
    linux: {
      ...usual.linux,
      namespaces: usual.linux.namespaces.filter(({ type }) => type !== "network"),
      ...(filter === undefined ? {} : { seccomp: filter }),
    },
  };
}
