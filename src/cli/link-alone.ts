/** Links one module that imports nothing, for the process platform. */
import { LinkError } from "../linker/link-error.ts";
import type { LinkedProgram } from "../linker/linked.ts";
import { escapeControls } from "../image/escape-controls.ts";
import { UserError } from "../image/user-error.ts";
import { linkForProcess, type ProcessOptions } from "../platform/process/platform.ts";
import type { ModuleFile } from "./module-file.ts";

export function linkAlone({ file, module }: ModuleFile, options: ProcessOptions = {}): LinkedProgram {
  if (module.imports.length > 0) {
    const names = module.imports.map((item) => `${item.module}.${item.name}`);
    throw new UserError(
      "imports",
      `${file} imports what nothing provides: ${escapeControls(names.join(", "))}`,
      "a module is run by itself when it imports nothing",
    );
  }
  try {
    return linkForProcess({ instances: [{ module, imports: [] }] }, options);
  } catch (error) {
    if (error instanceof LinkError) throw new UserError("link", `${file}: ${escapeControls(error.message)}`);
    throw error;
  }
}
