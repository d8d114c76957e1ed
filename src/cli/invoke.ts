/** `skerry run MODULE.wasm --target process --invoke NAME ARG...`: calls one export in a process of its own. */
import { TRAP_MESSAGES } from "../abi/trap.ts";
import { UserError } from "../image/user-error.ts";
import { readWasmMap } from "../image/wasm-map.ts";
import { ProcessSession, type Outcome } from "../targets/process/session.ts";
import { TRAP_STATUS } from "../platform/process/platform.ts";
import { showValue } from "../targets/process/value.ts";
import { onlyWord, type Words } from "./command.ts";
import { resolveInvocation, type Invocation } from "./exported-function.ts";
import { linkAlone } from "./link-alone.ts";
import { compileFile, type ModuleFile } from "./module-file.ts";
import type { MACHINE_OPTIONS, MachineWords } from "./options.ts";
import { printJson } from "./output.ts";
import { showTrap } from "./trap-text.ts";

const TARGETS = ["auto", "process"];

export async function invoke(
  { values, positionals }: Words<typeof MACHINE_OPTIONS>,
  invocation: Invocation,
): Promise<number> {
  requireOnly(values);
  const file = onlyWord("run", "MODULE", "module.wasm --invoke add 2 3", positionals);
  const compiled = await compileFile(file);
  const { functionIndex, values: given } = resolveInvocation(compiled.module, invocation);
  const session = await ProcessSession.start(linkAlone(compiled));
  try {
    let outcome = await session.initialize(0);
    if (outcome.kind === "returned") outcome = await session.call(0, functionIndex, given);
    return report(outcome, compiled, values.json === true);
  } finally {
    await session.stop();
  }
}

/** A call has no ports, no environment, no network: it runs as a process, and that is all. */
function requireOnly(values: MachineWords): void {
  const { target = "auto" } = values;
  const other = Object.keys(values).find((name) => name !== "json" && name !== "target");
  if (other !== undefined)
    throw new UserError("usage", `--invoke takes no --${other}`, "see skerry run --help");
  if (TARGETS.includes(target)) return;
  throw new UserError(
    "usage",
    `--invoke does not work with target "${target}"`,
    `targets are: ${TARGETS.join(", ")}`,
  );
}

function report(outcome: Outcome, { file, module }: ModuleFile, json: boolean): number {
  if (outcome.kind === "timedOut") throw new Error("a call without a time limit timed out");
  if (outcome.kind === "returned") {
    const values = outcome.values.map(showValue);
    if (json) printJson({ event: "returned", values });
    else process.stdout.write(values.map((value) => `${value}\n`).join(""));
    return 0;
  }
  const placeOf = readWasmMap(file, module.sourceMapUrl);
  if (json) {
    const frames = outcome.frames.map((frame) => ({ ...frame, place: placeOf?.(frame.byteOffset) }));
    printJson({ event: "trapped", trap: TRAP_MESSAGES[outcome.trap], frames });
  } else {
    process.stderr.write(showTrap(outcome.trap, outcome.frames, module, placeOf));
  }
  return TRAP_STATUS;
}
