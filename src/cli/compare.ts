/** `skerry compare`: the same program as a process, a container, a Linux machine and an image, side by side. */
import { KIND_NAMES, type Comparison, type KindName } from "../compare/comparison.ts";
import { pageReport } from "../compare/report/page.ts";
import { textReport } from "../compare/report/text.ts";
import { UserError } from "../image/user-error.ts";
import {
  isRequestPath,
  isRounds,
  PATH_EXPECTED,
  ROUNDS_EXPECTED,
  USUAL_PATH,
  USUAL_ROUNDS,
} from "../library/compare-choice.ts";
import { compareEntry } from "../library/compare.ts";
import { openProject } from "../library/project.ts";
import { imageWish, settingsOf } from "../library/settings.ts";
import { defineCommand, oneOf, refuseMore } from "./command.ts";
import { interrupted } from "./launch.ts";
import { ASSETS_OPTION, CONFIG_OPTION, givenSettings, ISOLATION_OPTION, MACHINE_OPTIONS } from "./options.ts";
import { createOutput, warnOfSlowStart } from "./output.ts";
import { chooseFormat, giveReport, lookIn, type Look } from "./report.ts";

const FORMATS = ["text", "json", "html"] as const;
type Format = (typeof FORMATS)[number];
/** Both ways to run an image. */
const IMAGES = "images";

export const compare = defineCommand({
  name: "compare",
  usage: ["[ENTRY] [options]"],
  summary: "compare a program's image with the same program as a process, in a container and in a Linux VM",
  about: [
    "Starts ENTRY, a server, in every way that works on this computer: by Node as a Linux process, in a container " +
      "(runc) and in a Linux microVM (QEMU and a Debian kernel); and as a Skerry image, as a machine and as a process. " +
      "Measures what somebody who has taken over the app can reach: code, and ways into the kernel and the host; also " +
      "memory, and the time to the first response. Says what each kind's design lets such an attacker do, with sources.",
    "What cannot be measured here is named, with the reason. There is no score: which figure matters is for you to say.",
    "Nothing is installed. A kernel for the microVM is looked for in /boot; with --fetch-kernel apt fetches one, once.",
  ],
  options: {
    only: { value: "KIND,...", help: `some of: ${KIND_NAMES.join(", ")}; ${IMAGES} stands for the last two` },
    rounds: {
      value: "N",
      help: `how often each kind is started for its time, in turns (default ${USUAL_ROUNDS}); a slow one in every third`,
    },
    path: { value: "PATH", help: "the path requested (default /); every kind should give the same answer" },
    kernel: { value: "FILE", help: "the microVM's kernel: a vmlinuz, with its modules in /lib/modules" },
    "fetch-kernel": { help: "have apt download Debian's cloud kernel into Skerry's cache" },
    accelerator: {
      value: "NAME",
      help: "QEMU's: kvm, tcg, or auto (default: the first under which a guest runs)",
    },
    json: { help: "one JSON object; its fields are the type Comparison" },
    html: { help: "one page with the stacks drawn side by side; it needs no other file and no network" },
    output: { value: "FILE", short: "o", help: "where to, instead of standard output" },
    env: MACHINE_OPTIONS.env,
    ...ASSETS_OPTION,
    ...ISOLATION_OPTION,
    ...CONFIG_OPTION,
  },
  examples: [
    "skerry compare server.ts",
    "skerry compare server.ts --html -o server.html",
    "skerry compare server.ts --only process,skerry --rounds 20 --json",
  ],
  async run({ values, positionals: [word, ...more] }) {
    refuseMore("compare", "one ENTRY", more);
    const format = chooseFormat(FORMATS, values);
    const only = readKinds(values.only);
    const rounds = readRounds(values.rounds);
    const path = readPath(values.path);
    const { entry, configuration } = await openProject(word, values.config);
    const settings = settingsOf(configuration, givenSettings(values));
    const output = createOutput(format === "json");
    const work = compareEntry(entry, {
      name: configuration.name,
      wish: imageWish(settings),
      settings,
      only,
      rounds,
      path,
      kernelFile: values.kernel,
      mayFetchKernel: values["fetch-kernel"] === true,
      onStep: stepTeller((text) => output.progress(text)),
      onSlowStart: (why) => warnOfSlowStart(why, output),
    });
    const comparison = await Promise.race([work, interrupted()]);
    // Whatever runs is ended with this process, and what was made is taken away.
    if (typeof comparison === "number") process.exit(comparison);
    output.progress("");
    giveReport(REPORTS[format](comparison, lookIn(values.output)), values.output, entry);
    return comparison.kinds.some(({ isMeasured }) => isMeasured) ? 0 : NOTHING_STATUS;
  },
});

/** Nothing could be measured: EX_UNAVAILABLE. */
const NOTHING_STATUS = 69;

/** On a terminal one line that changes; in a pipe a line for each kind, not for each start. */
function stepTeller(progress: (text: string) => void): (text: string) => void {
  if (process.stderr.isTTY === true) return progress;
  return (text) => {
    if (!/: start /.test(text)) process.stderr.write(`${text}\n`);
  };
}

function readKinds(text: string | undefined): readonly KindName[] {
  if (text === undefined) return KIND_NAMES;
  return text.split(",").flatMap((word): readonly KindName[] => {
    const name = oneOf("kind", [...KIND_NAMES, IMAGES] as const, word.trim());
    return name === IMAGES ? ["skerry-process", "skerry"] : [name];
  });
}

function readRounds(text: string | undefined): number {
  if (text === undefined) return USUAL_ROUNDS;
  const rounds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (isRounds(rounds)) return rounds;
  throw new UserError("usage", `--rounds ${text}: expected ${ROUNDS_EXPECTED}`, "for instance: --rounds 20");
}

function readPath(text: string | undefined): string {
  if (text === undefined) return USUAL_PATH;
  if (isRequestPath(text)) return text;
  throw new UserError("usage", `--path ${text}: expected ${PATH_EXPECTED}`, "for instance: --path /health");
}

const REPORTS: Readonly<Record<Format, (comparison: Comparison, look: Look) => string>> = {
  text: textReport,
  json: (comparison) => `${JSON.stringify(comparison)}\n`,
  html: pageReport,
};
