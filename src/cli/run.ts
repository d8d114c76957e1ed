/** `skerry run`: builds the image, starts it, ends with the app's status; or calls one export (`invoke.ts`). */
import { entryName } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";
import { makeImage } from "../library/make-image.ts";
import { machineName } from "../machines/registry.ts";
import { openProject } from "../library/project.ts";
import { imageWish, settingsOf } from "../library/settings.ts";
import { attend, startAttendant } from "./background.ts";
import { defineCommand, refuseMore, type Options, type Words } from "./command.ts";
import { splitInvocation } from "./exported-function.ts";
import { invoke } from "./invoke.ts";
import { interrupted, launch, untilSignal } from "./launch.ts";
import { givenSettings, MACHINE_OPTIONS, requireFitting } from "./options.ts";
import { createOutput, warnOfSlowStart, type Output } from "./output.ts";

const RUN_OPTIONS = {
  detach: { short: "d", help: "in the background, until skerry stop; see skerry ps and skerry logs" },
  name: { value: "NAME", help: "with -d: what the machine is called; by default after its entry" },
  attend: { value: "FOLDER", isHidden: true, help: "" },
  ...MACHINE_OPTIONS,
} as const satisfies Options;

export const run = defineCommand({
  name: "run",
  usage: ["[ENTRY] [options]", "MODULE.wasm [--json] --invoke NAME ARG..."],
  summary: "build a program's image and start it",
  about: [
    "Builds ENTRY's image and starts it in the best place that works here. Says which place that is, why not a better " +
      "one, and how to get that. A built image is started as it is. Ends with the app's own status; Ctrl-C stops it.",
    'Prints "listening on http://ADDRESS:PORT" once requests are answered.',
    "With --invoke, calls one export of a module that imports nothing, as machine code in a Linux process, and " +
      'prints each result on a line (i32:5). All words after NAME are its arguments, so they may begin with "-": ' +
      "integers in decimal or 0x..., floats also as inf, nan, nan:0x... A trap is reported with its place on " +
      "standard error, and the exit status is 134.",
  ],
  options: RUN_OPTIONS,
  tail: "invoke",
  examples: [
    "skerry run server.ts -p 3000:80 --env MODE=test",
    "skerry run server.ts --target qemu --memory 32M",
    "skerry run server.ts --tap tap0 --address 10.0.0.2/24 --gateway 10.0.0.1 --address6 auto",
    "skerry run server.ts -d --name api; skerry logs api -f",
    "skerry run fib.wasm --invoke fib 30",
  ],
  async run(words) {
    const { values, tail } = words;
    if (tail !== undefined) return invoke(words, splitInvocation("run", tail));
    refuseMore("run", "one ENTRY", words.positionals.slice(1));
    if (values.attend !== undefined) return attend(values.attend, (output) => runHere(words, output));
    if (values.detach === true) return runInBackground(words);
    if (values.name !== undefined) {
      throw new UserError("usage", "--name is for a machine in the background", "add -d");
    }
    return runHere(words, createOutput(values.json));
  },
});

type RunWords = Words<typeof RUN_OPTIONS>;

async function runHere(words: RunWords, output: Output): Promise<number> {
  const signal = interrupted();
  const machine = await untilSignal(start(words, output), signal);
  // What is still being built or started has nothing to lose: targets end their machines with this process.
  if (typeof machine === "number") process.exit(machine);
  const status = await Promise.race([machine.exited, signal]);
  await machine.stop();
  output.fact("exited", { status });
  return status;
}

/** Another process of ours does the same, and stays. */
async function runInBackground({ values, positionals, all }: RunWords): Promise<number> {
  givenSettings(values);
  const { entry, configuration } = await openProject(positionals[0], values.config);
  const name = values.name ?? machineName(configuration.name ?? entryName(entry));
  const { urls } = await startAttendant(name, entry, all, createOutput(values.json));
  const where = urls.length === 0 ? "" : `, listening on ${urls.join(" ")}`;
  const text = `${name} runs in the background${where}; skerry logs ${name}, skerry stop ${name}`;
  createOutput(values.json).event("detached", text, { name, urls });
  return 0;
}

async function start({ values, positionals }: RunWords, output: Output) {
  const startedAt = performance.now();
  const [word] = positionals;
  const given = givenSettings(values);
  const { entry, configuration } = await openProject(word, values.config);
  const settings = settingsOf(configuration, given);
  const { image, choice, slowStart } = await makeImage(entry, settings, {
    name: configuration.name,
    wish: imageWish(settings),
    onStep: (text) => output.progress(text),
    onChoice: ({ target }) => requireFitting("run", entry, given, target.name),
  });
  warnOfSlowStart(slowStart, output);
  const { target, accelerator, label, reason } = choice;
  const buildMs = Math.round(performance.now() - startedAt);
  const { name } = image.manifest;
  const why = reason === undefined ? "" : ` (${reason})`;
  output.event("built", `built ${name} in ${buildMs} ms; target ${label}${why}`, {
    name,
    buildMs,
    target: target.name,
    accelerator,
    reason,
  });
  return launch(image, choice, settings, output);
}
