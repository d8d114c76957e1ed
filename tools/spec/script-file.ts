/**
 * Reads a `.wast` file into commands: by its name and content, whether it shall be refused as a whole and what of
 * it differs from the specification.
 *
 * Tests: script-file.test.ts
 */
import { createHash } from "node:crypto";
import { parseScript, type Command } from "./script.ts";
import { DEVIATIONS, type Deviation } from "./tables/deviations.ts";
import type { Pattern } from "./value.ts";

export function readScript(name: string, bytes: Uint8Array): Command[] {
  const deviation = DEVIATIONS[createHash("sha256").update(bytes).digest("hex")] ?? {};
  const source = Buffer.from(bytes).toString("latin1");
  const commands = parseScript("printsAnything" in deviation ? nameTypedPrints(source) : source).map(
    (command) => deviate(command, deviation),
  );
  return name.endsWith(".fail.wast") ? commands.map(refused) : commands;
}

/** A file that shall be refused: Binaryen's way to write what `assert_invalid` and `assert_malformed` say. */
function refused(command: Command): Command {
  if (command.kind !== "module") return command;
  const { line, module } = command;
  return { line, kind: "refused", asserts: "invalid", module, message: "" };
}

function deviate(command: Command, deviation: Partial<Deviation>): Command {
  const proposal = deviation.commands?.[command.line];
  if (proposal !== undefined) {
    const defines = command.kind === "module" ? { defines: { name: command.name } } : {};
    return { line: command.line, kind: "unsupported", proposal, ...defines };
  }
  if (deviation.anyNan !== true || command.kind !== "returns") return command;
  return { ...command, expected: command.expected.map(allowAnyNan) };
}

function allowAnyNan(pattern: Pattern): Pattern {
  if (pattern.kind !== "lanes" || !pattern.float) return pattern;
  const quiet = pattern.laneBits === 32 ? 0x7fc00000n : 0x7ff8000000000000n;
  const lanes = pattern.lanes.map((lane) => {
    return typeof lane === "bigint" && (lane & quiet) === quiet ? "nan:arithmetic" : lane;
  });
  return { ...pattern, lanes };
}

/** `print` of an i32 and an f32 is `print_i32_f32`. */
function nameTypedPrints(source: string): string {
  return source.replace(
    /"spectest" "print"(\)\s*|\s*\(func\s*(?:\$\S+\s*)?)\(param ([a-z0-9 ]+)\)/g,
    (_, between: string, types: string) =>
      `"spectest" "print_${types.trim().replaceAll(" ", "_")}"${between}(param ${types})`,
  );
}
