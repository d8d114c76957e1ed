/** `skerry inspect`: what an image holds, for people or as JSON. */
import type { Manifest } from "../abi/manifest.ts";
import { buildImage } from "../image/image.ts";
import { openImage } from "../library/app-image.ts";
import { openProject } from "../library/project.ts";
import { defineCommand, refuseMore } from "./command.ts";
import { CONFIG_OPTION, JSON_OPTION } from "./options.ts";
import { printJson } from "./output.ts";

export const inspect = defineCommand({
  name: "inspect",
  usage: ["[ENTRY] [options]"],
  summary: "show what an image holds",
  about: [
    "Services, compartments, their sizes, and every import each was granted: of the image that ENTRY becomes, or of " +
      "one that was built.",
  ],
  options: { ...CONFIG_OPTION, ...JSON_OPTION },
  examples: ["skerry inspect server.ts", "skerry inspect server.elf --json"],
  async run({ values, positionals: [word, ...more] }) {
    refuseMore("inspect", "one ENTRY", more);
    const { entry, configuration } = await openProject(word, values.config);
    const { isolation } = configuration;
    const { manifest } =
      (await openImage(entry)) ?? (await buildImage(entry, isolation === undefined ? {} : { isolation }));
    if (values.json === true) printJson(manifest);
    else process.stdout.write(describe(manifest));
    return 0;
  },
});

function describeIsolation({ isolation }: Manifest): string[] {
  if (isolation === undefined) return [];
  const { by, key, compartments, cpuMs, memoryMiB, outbound } = isolation;
  const whose = by === "request" ? "each request" : `each ${key === "host" ? "host" : key.header}`;
  const limits = `${cpuMs} ms of processor time, ${memoryMiB} MiB, ${outbound} connections out`;
  return [`isolation: a compartment for ${whose}, up to ${compartments}; each: ${limits}`];
}

function describe(manifest: Manifest): string {
  const lines = [
    `${manifest.name}: face ${manifest.face}`,
    `services: ${manifest.services.join(" ")}`,
    `may begin to talk to: ${manifest.outbound?.join(" ") ?? "nothing, unless told at its start"}`,
    ...describeIsolation(manifest),
    "",
  ];
  for (const module of manifest.modules) {
    lines.push(`${module.role} (compartment ${module.compartment}): ${module.sizeBytes} bytes of Wasm`);
    lines.push(`  sha256 ${module.sha256}`);
    lines.push(`  granted: ${module.imports.join(" ") || "nothing"}`);
  }
  return `${lines.join("\n")}\n`;
}
