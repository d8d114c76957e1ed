/** `skerry init`: a new project from a template. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PACKAGE_ROOT } from "../image/package-root.ts";
import { UserError } from "../image/user-error.ts";
import { defineCommand, oneOf, refuseMore } from "./command.ts";
import { JSON_OPTION } from "./options.ts";
import { printJson } from "./output.ts";
import { VERSION } from "../library/version.ts";

const TEMPLATES = {
  http: "a server of fetch handlers",
  hono: "a server with Hono",
  static: "files, served by a machine without a program",
  console: "a program that prints and ends",
  native: "a server in AssemblyScript, without a JavaScript engine",
} as const;
type Template = keyof typeof TEMPLATES;

/** npm takes a file of its real name for its own. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: ".gitignore" };

export const init = defineCommand({
  name: "init",
  usage: ["[DIR] [options]"],
  summary: "make a new project",
  about: [
    "Writes a small project into DIR (this folder without it): a program, skerry.config.ts, package.json with pinned " +
      "versions. Files that are there are never overwritten.",
    `Templates: ${Object.entries(TEMPLATES)
      .map(([name, what]) => `${name} (${what})`)
      .join(", ")}.`,
  ],
  options: {
    template: { value: "NAME", short: "t", help: `${Object.keys(TEMPLATES).join(", ")}; http without it` },
    ...JSON_OPTION,
  },
  examples: ["skerry init my-server", "skerry init my-api --template hono"],
  async run({ values, positionals: [folder = ".", ...more] }) {
    refuseMore("init", "one DIR", more);
    const template = oneOf("template", Object.keys(TEMPLATES) as Template[], values.template ?? "http");
    const files = writeProject(template, folder);
    const dependencies = "npm install";
    const steps = [...(folder === "." ? [] : [`cd ${folder}`]), dependencies, "npx skerry run"];
    if (values.json === true) printJson({ event: "made", template, folder, files, steps });
    else process.stdout.write(describe(template, folder, files, steps));
    return 0;
  },
});

/** The files, by their names in `folder`. */
function writeProject(template: Template, folder: string): readonly string[] {
  const from = path.join(PACKAGE_ROOT, "templates", template);
  const files = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => path.relative(from, path.join(each.parentPath ?? each.path, each.name)))
    .sort();
  const names = files.map((file) => RENAMED[file] ?? file);
  const taken = names.filter((name) => existsSync(path.join(folder, name)));
  if (taken.length > 0) {
    throw new UserError(
      "exists",
      `${folder} already holds ${taken.join(", ")}, and nothing was written`,
      "name a new folder, for instance: skerry init my-server",
    );
  }
  try {
    mkdirSync(folder, { recursive: true });
    files.forEach((file, index) => {
      const text = readFileSync(path.join(from, file), "utf8");
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, names[index]!), file === "package.json" ? named(text, folder) : text);
    });
  } catch (error) {
    throw new UserError(
      "output",
      `${folder} cannot be written: ${(error as Error).message}`,
      "name another folder",
    );
  }
  return names;
}

/** The project's own name, and this package's version. */
function named(text: string, folder: string): string {
  const project = JSON.parse(text) as { name: string; devDependencies: Record<string, string> };
  const base = path.basename(path.resolve(folder)).toLowerCase();
  project.name = base.replace(/[^a-z0-9._-]+/g, "-").replace(/^[._-]+/, "") || "app";
  project.devDependencies["skerry"] = VERSION;
  return `${JSON.stringify(project, null, 2)}\n`;
}

function describe(
  template: Template,
  folder: string,
  files: readonly string[],
  steps: readonly string[],
): string {
  return [
    `made ${folder}: ${TEMPLATES[template]}`,
    ...files.map((file) => `  ${file}`),
    "",
    "next:",
    ...steps.map((step) => `  ${step}`),
    "",
  ].join("\n");
}
