/** `skerry run`: builds the image, starts it, ends with the app's status; or calls one export (`invoke.ts`). */
import { buildApp } from "./app-image.ts";
import { chooseTarget } from "./choose-target.ts";
import { splitInvocation } from "./exported-function.ts";
import { invoke } from "./invoke.ts";
import { interrupted, launch } from "./launch.ts";
import { prepare } from "./native-images.ts";
import { parseRunOptions, requireFitting, type RunOptions } from "./options.ts";
import { createOutput, type Output } from "./output.ts";

/** A command ended by Ctrl-C, as shells count: 128 + SIGINT. */
const INTERRUPTED_STATUS = 130;

export async function run(words: string[]): Promise<number> {
  const { options: machineWords, invocation } = splitInvocation("run", words);
  if (invocation !== undefined) return invoke(machineWords, invocation);
  const options = parseRunOptions("run", machineWords);
  const output = createOutput(options.json);
  const signal = interrupted();
  const machine = await Promise.race([startMachine(options, output), signal]);
  // What is still being built or started has nothing to lose: targets end their machines with this process.
  if (machine === undefined) process.exit(INTERRUPTED_STATUS);
  const status = await Promise.race([machine.exited, signal.then(() => INTERRUPTED_STATUS)]);
  await machine.stop();
  if (options.json) output.event("exited", "", { status });
  return status;
}

async function startMachine(options: RunOptions, output: Output) {
  const startedAt = performance.now();
  const choice = await chooseTarget(options);
  const { target, accelerator, label, reason } = choice;
  requireFitting("run", options, target.name);
  const image = await prepare(await buildApp(options.entry), target, output);
  const buildMs = Math.round(performance.now() - startedAt);
  const why = reason === undefined ? "" : ` (${reason})`;
  output.event("built", `built ${image.manifest.name} in ${buildMs} ms; target ${label}${why}`, {
    name: image.manifest.name,
    buildMs,
    target: target.name,
    accelerator,
    reason,
  });
  return launch(image, choice, options, output);
}
