/** `skerry logs`: what the console of a machine in the background said. */
import { readLog } from "../machines/log-file.ts";
import { findMachine } from "../machines/registry.ts";
import { defineCommand, refuseMore } from "./command.ts";
import { onlyMachine } from "./known-machines.ts";
import { interrupted } from "./launch.ts";
import { JSON_OPTION } from "./options.ts";
import { createOutput, printJson } from "./output.ts";

export const logs = defineCommand({
  name: "logs",
  usage: ["[NAME] [options]"],
  summary: "show what a machine in the background said",
  about: [
    "Prints what the machine wrote to its console, output and errors each on its own stream; the last 2 to 4 MiB are " +
      "kept. Without NAME, the only running machine is meant.",
  ],
  options: {
    follow: { short: "f", help: "keep printing until the machine ends, or Ctrl-C" },
    ...JSON_OPTION,
  },
  examples: ["skerry logs api", "skerry logs api -f | grep error"],
  async run({ values, positionals: [word, ...more] }) {
    refuseMore("logs", "one NAME", more);
    const { name, folder } = onlyMachine("logs", word);
    const output = createOutput(values.json);
    let isInterrupted = false;
    if (values.follow === true) void interrupted().then(() => (isInterrupted = true));
    const isOver = (): boolean =>
      values.follow !== true || isInterrupted || findMachine(name)?.state !== "running";
    for await (const { at, stream, text } of readLog(folder, isOver)) {
      if (values.json === true) printJson({ event: "console", at, stream, text });
      else output.console(stream === "error" ? 2 : 1, text);
    }
    return 0;
  },
});
