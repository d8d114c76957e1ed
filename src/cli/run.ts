/** `skerry run`: builds the image, starts it, ends with the app's status; or calls one export (`invoke.ts`). */
import { buildImage } from "../image/image.ts";
import { splitInvocation } from "./exported-function.ts";
import { invoke } from "./invoke.ts";
import { interrupted, launch } from "./launch.ts";
import { parseRunOptions } from "./options.ts";
import { createOutput } from "./output.ts";

/** A command ended by Ctrl-C, as shells count: 128 + SIGINT. */
const INTERRUPTED_STATUS = 130;

export async function run(words: string[]): Promise<number> {
  const { options: machineWords, invocation } = splitInvocation("run", words);
  if (invocation !== undefined) return invoke(machineWords, invocation);
  const options = parseRunOptions("run", machineWords);
  const output = createOutput(options.json);
  const signal = interrupted();
  const startedAt = performance.now();
  const image = await buildImage(options.entry);
  const buildMs = Math.round(performance.now() - startedAt);
  output.event("built", `built ${image.manifest.name} in ${buildMs} ms; target node (hosted)`, {
    name: image.manifest.name,
    buildMs,
    target: "node",
  });
  const machine = await launch(image, options, output);
  const status = await Promise.race([machine.exited, signal.then(() => INTERRUPTED_STATUS)]);
  await machine.stop();
  if (options.json) output.event("exited", "", { status });
  return status;
}
