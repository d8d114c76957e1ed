/** `skerry build`: an image as a file, with what went into it. */
import type { Manifest } from "../abi/manifest.ts";
import { FORMATS, formatOfName, type Format } from "../image/image-bytes.ts";
import { nameImage } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";
import { bootText, declaredGrants } from "../targets/configuration.ts";
import { buildApp } from "../library/app-image.ts";
import { buildNative } from "../library/native-images.ts";
import { openProject } from "../library/project.ts";
import type { ValidConfiguration } from "../library/schema.ts";
import { assetsOf, limitLines } from "../library/settings.ts";
import { PLATFORMS, requireForm, writeImage, type FileTarget, type Form } from "../library/write-image.ts";
import type { LinkedProgram } from "../linker/linked.ts";
import { defineCommand, oneOf, refuseMore } from "./command.ts";
import {
  ASSETS_OPTION,
  CONFIG_OPTION,
  ISOLATION_OPTION,
  JSON_OPTION,
  readIsolation,
  readSetting,
  readVariable,
} from "./options.ts";
import { createOutput, printJson, warnOfSlowStart } from "./output.ts";

export const build = defineCommand({
  name: "build",
  usage: ["[ENTRY] -o FILE [options]"],
  summary: "write a program's image to a file",
  about: [
    "Writes ENTRY's image to FILE and says what went in. The same program gives the same bytes, wherever and whenever " +
      "it is built. FILE.debug, written beside it, gives skerry run the names and lines for crash reports; the image " +
      "does not need it.",
  ],
  options: {
    output: { value: "FILE", short: "o", help: "the file to write" },
    target: {
      value: "NAME",
      help: "qemu (default): a virtual machine's kernel, ELF64 with a PVH entry; process: a static Linux executable",
    },
    format: {
      value: "NAME",
      help:
        "elf; raw: a disk that a PC boots by BIOS, not by UEFI; oci: an archive for registries and container runtimes. " +
        "Without it FILE's extension decides: .img and .raw mean raw, .tar means oci, any other elf",
    },
    env: {
      value: "NAME=VALUE",
      repeats: true,
      help: "with format raw: the app's environment, written to the disk; may be repeated",
    },
    set: {
      value: "KEY=VALUE",
      repeats: true,
      help: "with format raw: a line of its boot configuration, for instance net.address=10.0.0.2/24",
    },
    ipv6: { help: "IPv6 even in an image whose app asks for no names" },
    ...ASSETS_OPTION,
    ...ISOLATION_OPTION,
    allow: {
      value: "[tcp:|udp:]HOST:PORTS",
      repeats: true,
      help: "what the app may begin to talk to, as part of the image; may be repeated: see skerry run --help",
    },
    ...CONFIG_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    "skerry build server.ts -o server.elf",
    "skerry build server.ts -o server.img",
    "skerry build server.ts -o server.tar --target process",
  ],
  async run({ values, positionals: [word, ...more] }) {
    refuseMore("build", "one ENTRY", more);
    const target = oneOf("target", Object.keys(PLATFORMS) as FileTarget[], values.target ?? "qemu");
    const startedAt = performance.now();
    const { entry, configuration } = await openProject(word, values.config);
    const isolation = readIsolation(values.isolation) ?? configuration.isolation;
    const file = requireOutput(values.output, entry);
    const form = readForm(values, configuration, file, target);
    const output = createOutput(values.json);
    output.progress(`building ${entry}`);
    const outbound = declaredGrants(values.allow ?? configuration.allow ?? []);
    const folder = values.assets === undefined ? undefined : { directory: values.assets };
    const assets = assetsOf(configuration, folder);
    const wish = { hasIpv6: values.ipv6 === true, isolation, outbound, assets };
    const image = nameImage(await buildApp(entry, wish), configuration.name);
    output.progress(`making ${image.manifest.name} machine code`);
    const native = await buildNative(image, PLATFORMS[target]);
    warnOfSlowStart(native.appLeftOut, output);
    const buildMs = Math.round(performance.now() - startedAt);
    const fileBytes = writeImage(file, native, image, target, form);
    const { format } = form;
    const facts = {
      target,
      format,
      file,
      imageBytes: native.elf.length,
      fileBytes,
      ...sectionBytes(native.linked),
      buildMs,
    };
    output.progress("");
    if (values.json === true) printJson({ event: "built", ...facts, manifest: image.manifest });
    else output.console(1, describe(image.manifest, facts));
    return 0;
  },
});

interface Given {
  readonly format?: string;
  readonly env?: readonly string[];
  readonly set?: readonly string[];
}

function requireOutput(output: string | undefined, entry: string): string {
  if (output !== undefined && output !== "") return output;
  throw new UserError(
    "usage",
    "skerry build needs -o FILE",
    `for instance: skerry build ${entry} -o image.elf`,
  );
}

/** Whether these words mean anything for the file, and what they say. */
function readForm(
  { format: word, env, set }: Given,
  configuration: ValidConfiguration,
  file: string,
  target: FileTarget,
): Form {
  const format =
    word === undefined ? (configuration.format ?? formatOfName(file)) : oneOf("format", FORMATS, word);
  requireForm(target, format);
  const given = env !== undefined ? "--env" : set !== undefined ? "--set" : undefined;
  if (given !== undefined && format !== "raw") {
    throw new UserError(
      "usage",
      `${given} belongs to a disk that boots by itself, and ${file} is to be ${format}`,
      "give it to skerry run, or build --format raw",
    );
  }
  const environment = { ...configuration.env, ...Object.fromEntries((env ?? []).map(readVariable)) };
  const lines = [...limitLines(configuration), ...(set ?? []).map(readSetting)];
  return { format, configuration: format === "raw" ? bootText({ environment, configuration: lines }) : "" };
}

const FORM_WORDS = { raw: "in a disk", oci: "in an OCI archive" } as const;

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
  readonly format: Format;
  readonly imageBytes: number;
  readonly fileBytes: number;
  readonly buildMs: number;
}

function describe({ name, face, services, modules, assets, outbound = [] }: Manifest, facts: Facts): string {
  const { target, format, file, imageBytes, fileBytes, codeBytes, constantBytes, dataBytes, buildMs } = facts;
  const parts = modules.map(({ role, sizeBytes }) => `${role} ${sizeBytes}`);
  return [
    `${file}: ${name} for target ${target}, ${imageBytes} bytes, built in ${buildMs} ms`,
    ...(format === "elf" ? [] : [`  ${FORM_WORDS[format]} of ${fileBytes} bytes`]),
    `  face ${face}; services ${services.join(" ")}`,
    `  may begin to talk to: ${outbound.join(" ") || "nothing, unless told at its start"}`,
    `  from ${parts.join(", ")} bytes of Wasm`,
    ...(assets === undefined
      ? []
      : [`  ${assets.files} files of ${assets.contentBytes} bytes, ${assets.sizeBytes} with all codings`]),
    `  code ${codeBytes} bytes, constants ${constantBytes}, data ${dataBytes}`,
    "",
  ].join("\n");
}
