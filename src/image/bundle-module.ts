/** Bundles a module that Node is to evaluate, with all that it imports: a configuration. */
import path from "node:path";
import { build, type Plugin } from "esbuild";
import { asUserError } from "./bundle-errors.ts";

export interface BundledModule {
  readonly code: string;
  /** Every file that went in, absolute. */
  readonly inputs: readonly string[];
}

/** `own` is the module that the name of this package stands for. */
export async function bundleModule(file: string, own: string): Promise<BundledModule> {
  const folder = path.dirname(file);
  const answerOwn: Plugin = {
    name: "own-package",
    setup(bundler) {
      bundler.onResolve({ filter: /^skerry$/ }, ({ path: name }) => ({ path: name, namespace: "own" }));
      bundler.onLoad({ filter: /./, namespace: "own" }, () => ({ contents: own }));
    },
  };
  const result = await build({
    entryPoints: [file],
    absWorkingDir: folder,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
    define: { "import.meta.dirname": JSON.stringify(folder), "import.meta.filename": JSON.stringify(file) },
    plugins: [answerOwn],
  }).catch((error: unknown) => {
    throw asUserError(error);
  });
  const inputs = Object.keys(result.metafile.inputs).filter((name) => !name.startsWith("own:"));
  return { code: result.outputFiles[0]!.text, inputs: inputs.map((name) => path.resolve(folder, name)) };
}
