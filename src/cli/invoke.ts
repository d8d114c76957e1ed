/** `skerry run MODULE.wasm --target process --invoke NAME ARG...`: calls one export in a process of its own. */
import { parseArgs } from "node:util";
import { TRAP_MESSAGES } from "../abi/trap.ts";
import { UserError } from "../image/user-error.ts";
import { readWasmMap } from "../image/wasm-map.ts";
import { ProcessSession, type Outcome } from "../targets/process/session.ts";
import { TRAP_STATUS } from "../platform/process/platform.ts";
import { showValue } from "../targets/process/value.ts";
import { resolveInvocation, type Invocation } from "./exported-function.ts";
import { linkAlone } from "./link-alone.ts";
import { compileFile, type ModuleFile } from "./module-file.ts";
import { onlyEntry, usageError } from "./options.ts";
import { showTrap } from "./trap-text.ts";

const TARGETS = ["auto", "process"];

export async function invoke(words: string[], invocation: Invocation): Promise<number> {
  const { file, json } = parse(words);
  const compiled = await compileFile(file);
  const { functionIndex, values } = resolveInvocation(compiled.module, invocation);
  const session = await ProcessSession.start(linkAlone(compiled));
  try {
    let outcome = await session.initialize(0);
    if (outcome.kind === "returned") outcome = await session.call(0, functionIndex, values);
    return report(outcome, compiled, json);
  } finally {
    await session.stop();
  }
}

function parse(words: string[]): { readonly file: string; readonly json: boolean } {
  let parsed;
  try {
    const options = { target: { type: "string" }, json: { type: "boolean" } } as const;
    parsed = parseArgs({ args: words, allowPositionals: true, options });
  } catch (error) {
    throw usageError("run", error);
  }
  const { target = "auto", json = false } = parsed.values;
  if (!TARGETS.includes(target)) {
    throw new UserError(
      "usage",
      `--invoke does not work with target "${target}"`,
      `targets are: ${TARGETS.join(", ")}`,
    );
  }
  return { file: onlyEntry("run", parsed.positionals), json };
}

function report(outcome: Outcome, { file, module }: ModuleFile, json: boolean): number {
  if (outcome.kind === "timedOut") throw new Error("a call without a time limit timed out");
  if (outcome.kind === "returned") {
    const values = outcome.values.map(showValue);
    if (json) print({ event: "returned", values });
    else process.stdout.write(values.map((value) => `${value}\n`).join(""));
    return 0;
  }
  const placeOf = readWasmMap(file, module.sourceMapUrl);
  if (json) {
    const frames = outcome.frames.map((frame) => ({ ...frame, place: placeOf?.(frame.byteOffset) }));
    print({ event: "trapped", trap: TRAP_MESSAGES[outcome.trap], frames });
  } else {
    process.stderr.write(showTrap(outcome.trap, outcome.frames, module, placeOf));
  }
  return TRAP_STATUS;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
