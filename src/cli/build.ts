/** `skerry build`: an image as a file, with what went into it. */
import type { Manifest } from "../abi/manifest.ts";
import { nameImage } from "../image/image.ts";
import { UserError } from "../image/user-error.ts";
import { declaredGrants } from "../targets/configuration.ts";
import { buildApp } from "../library/app-image.ts";
import { buildNative } from "../library/native-images.ts";
import { openProject } from "../library/project.ts";
import { PLATFORMS, writeImage, type FileTarget } from "../library/write-image.ts";
import type { LinkedProgram } from "../linker/linked.ts";
import { defineCommand, oneOf, refuseMore } from "./command.ts";
import { CONFIG_OPTION, ISOLATION_OPTION, JSON_OPTION, readIsolation } from "./options.ts";
import { createOutput, printJson, warnOfSlowStart } from "./output.ts";

export const build = defineCommand({
  name: "build",
  usage: ["[ENTRY] -o FILE [options]"],
  summary: "write a program's image to a file",
  about: [
    "Writes ENTRY's image to FILE and says what went in. The same program gives the same bytes, wherever and whenever " +
      "it is built. Beside it stands FILE.debug, from which skerry run has names and lines for crash reports; the " +
      "image needs it for nothing.",
  ],
  options: {
    output: { value: "FILE", short: "o", help: "where to" },
    target: {
      value: "NAME",
      help: "qemu (default): a virtual machine's kernel, ELF64 with a PVH entry; process: a static Linux executable",
    },
    ipv6: { help: "IPv6 even in an image whose app asks for no names" },
    ...ISOLATION_OPTION,
    allow: {
      value: "[tcp:|udp:]HOST:PORTS",
      repeats: true,
      help: "what the app may begin to talk to, as part of the image; may stand several times: see skerry run --help",
    },
    ...CONFIG_OPTION,
    ...JSON_OPTION,
  },
  examples: ["skerry build server.ts -o server.elf", "skerry build server.ts -o server --target process"],
  async run({ values, positionals: [word, ...more] }) {
    refuseMore("build", "one ENTRY", more);
    const target = oneOf("target", Object.keys(PLATFORMS) as FileTarget[], values.target ?? "qemu");
    const startedAt = performance.now();
    const { entry, configuration } = await openProject(word, values.config);
    const isolation = readIsolation(values.isolation) ?? configuration.isolation;
    const file = requireOutput(values.output, entry);
    const output = createOutput(values.json);
    output.progress(`building ${entry}`);
    const outbound = declaredGrants(values.allow ?? configuration.allow ?? []);
    const wish = { hasIpv6: values.ipv6 === true, isolation, outbound };
    const image = nameImage(await buildApp(entry, wish), configuration.name);
    output.progress(`making ${image.manifest.name} machine code`);
    const native = await buildNative(image, PLATFORMS[target]);
    const { elf, linked } = native;
    warnOfSlowStart(native.appLeftOut, output);
    const buildMs = Math.round(performance.now() - startedAt);
    writeImage(file, native, image, target);
    const facts = { target, file, imageBytes: elf.length, ...sectionBytes(linked), buildMs };
    output.progress("");
    if (values.json === true) printJson({ event: "built", ...facts, manifest: image.manifest });
    else output.console(1, describe(image.manifest, facts));
    return 0;
  },
});

function requireOutput(output: string | undefined, entry: string): string {
  if (output !== undefined && output !== "") return output;
  throw new UserError(
    "usage",
    "skerry build needs -o FILE",
    `for instance: skerry build ${entry} -o image.elf`,
  );
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

function describe({ name, face, services, modules, outbound = [] }: Manifest, facts: Facts): string {
  const { target, file, imageBytes, codeBytes, constantBytes, dataBytes, buildMs } = facts;
  const parts = modules.map(({ role, sizeBytes }) => `${role} ${sizeBytes}`);
  return [
    `${file}: ${name} for target ${target}, ${imageBytes} bytes, built in ${buildMs} ms`,
    `  face ${face}; services ${services.join(" ")}`,
    `  may begin to talk to: ${outbound.join(" ") || "nothing, unless told at its start"}`,
    `  from ${parts.join(", ")} bytes of Wasm`,
    `  code ${codeBytes} bytes, constants ${constantBytes}, data ${dataBytes}`,
    "",
  ].join("\n");
}
