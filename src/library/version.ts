/** The package's version, from its own `package.json`. */
import path from "node:path";
import { readFileSync } from "node:fs";
import { PACKAGE_ROOT } from "../image/package-root.ts";

const { version } = JSON.parse(readFileSync(path.join(PACKAGE_ROOT, "package.json"), "utf8")) as {
  version: string;
};

export const VERSION = version;
