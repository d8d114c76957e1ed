/** `skerry build`: an image as a file, with what went into it. */
import { chmodSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Manifest } from "../abi/manifest.ts";
import { UserError } from "../image/user-error.ts";
import type { LinkedProgram } from "../linker/linked.ts";
import type { Target } from "../targets/target.ts";
import { buildApp } from "./app-image.ts";
import { buildNative, warnOfSlowStart } from "./native-images.ts";
import { createOutput } from "./output.ts";
import { oneOf, onlyEntry, usageError } from "./options.ts";

/** The targets whose images are files, and what each is compiled for. */
const PLATFORMS = { qemu: "bare", process: "process" } as const satisfies Record<string, Target["platform"]>;
type FileTarget = keyof typeof PLATFORMS;

/** A process image is run as it is; what a VMM loads is only read. */
const MODES: Readonly<Record<FileTarget, number>> = { qemu: 0o644, process: 0o755 };

export async function build(words: string[]): Promise<number> {
  const { entry, output, target, json } = parse(words);
  const startedAt = performance.now();
  const image = await buildApp(entry);
  const native = await buildNative(image, PLATFORMS[target]);
  warnOfSlowStart(native, createOutput(json));
  const { elf, linked } = native;
  const facts = {
    target,
    file: output,
    imageBytes: elf.length,
    ...sectionBytes(linked),
    buildMs: Math.round(performance.now() - startedAt),
  };
  try {
    writeFileSync(output, elf, { mode: MODES[target] });
    chmodSync(output, MODES[target]);
  } catch (error) {
    throw new UserError("output", `${output} cannot be written: ${(error as Error).message}`);
  }
  if (json) {
    process.stdout.write(`${JSON.stringify({ event: "built", ...facts, manifest: image.manifest })}\n`);
  } else {
    process.stdout.write(describe(image.manifest, facts));
  }
  return 0;
}

function parse(words: string[]) {
  let parsed;
  try {
    parsed = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        output: { type: "string", short: "o" },
        target: { type: "string" },
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw usageError("build", error);
  }
  const { output, target = "qemu", json = false } = parsed.values;
  const entry = onlyEntry("build", parsed.positionals);
  if (output === undefined || output === "") {
    throw new UserError(
      "usage",
      "skerry build needs -o FILE",
      `for instance: skerry build ${entry} -o image.elf`,
    );
  }
  return { entry, output, target: oneOf("target", Object.keys(PLATFORMS) as FileTarget[], target), json };
}

function sectionBytes({ sections }: LinkedProgram) {
  const { code, constants, data } = sections;
  return {
    codeBytes: code.bytes.length,
    constantBytes: constants.bytes.length,
    dataBytes: data.sizeBytes,
  };
}

interface Facts extends ReturnType<typeof sectionBytes> {
  readonly target: FileTarget;
  readonly file: string;
  readonly imageBytes: number;
  readonly buildMs: number;
}

function describe({ name, face, services, modules }: Manifest, facts: Facts): string {
  const { target, file, imageBytes, codeBytes, constantBytes, dataBytes, buildMs } = facts;
  const parts = modules.map(({ role, sizeBytes }) => `${role} ${sizeBytes}`);
  return [
    `${file}: ${name} for target ${target}, ${imageBytes} bytes, built in ${buildMs} ms`,
    `  face ${face}; services ${services.join(" ")}`,
    `  from ${parts.join(", ")} bytes of Wasm`,
    `  code ${codeBytes} bytes, constants ${constantBytes}, data ${dataBytes}`,
    "",
  ].join("\n");
}
