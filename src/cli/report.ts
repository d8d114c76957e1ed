/** Reports of `inspect` and `compare`: in which form one is asked for, how it looks, where it goes. */
import { UserError } from "../image/user-error.ts";
import { writeOutput } from "../library/written-file.ts";
import { columnsOf, styled } from "./terminal.ts";

const REPORT_MODE = 0o644;

/** The first of `formats` unless an option asks for another; a `UserError` where two do. */
export function chooseFormat<Format extends string>(
  formats: readonly [Format, ...Format[]],
  values: Partial<Readonly<Record<Format, unknown>>>,
): Format {
  const [format = formats[0], other] = formats.filter((each) => values[each] === true);
  if (other === undefined) return format;
  throw new UserError("usage", `--${format} and --${other} do not go together`, "ask for one at a time");
}

export interface Look {
  readonly columns: number;
  title(text: string): string;
  aside(text: string): string;
}

/** Of text on standard output, which may be a terminal, or in `file`. */
export function lookIn(file: string | undefined): Look {
  const isShown = file === undefined;
  const style = (name: "bold" | "dim") => (text: string) =>
    isShown ? styled(process.stdout, name, text) : text;
  return {
    columns: columnsOf(isShown ? process.stdout : { write: () => true }),
    title: style("bold"),
    aside: style("dim"),
  };
}

/** To standard output, or to `file`, which is not the `entry` that it is about. */
export function giveReport(report: string, file: string | undefined, entry: string): void {
  if (file === undefined) process.stdout.write(report);
  else writeOutput(file, new TextEncoder().encode(report), REPORT_MODE, [entry]);
}
