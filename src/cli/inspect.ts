/** `skerry inspect`: what an image holds, for people, as a page, as JSON, as a bill of materials. */
import type { Inspection } from "../audit/inspection.ts";
import { pageReport } from "../audit/report/page.ts";
import { textReport } from "../audit/report/text.ts";
import { sbomOf } from "../audit/sbom.ts";
import { declaredGrants } from "../targets/configuration.ts";
import { inspectEntry } from "../library/inspect.ts";
import { openProject } from "../library/project.ts";
import { PLATFORMS, type FileTarget } from "../library/write-image.ts";
import { defineCommand, oneOf, refuseMore } from "./command.ts";
import { CONFIG_OPTION } from "./options.ts";
import { createOutput } from "./output.ts";
import { chooseFormat, giveReport, lookIn, type Look } from "./report.ts";

const FORMATS = ["text", "json", "html", "sbom"] as const;
type Format = (typeof FORMATS)[number];

export const inspect = defineCommand({
  name: "inspect",
  usage: ["[ENTRY] [options]"],
  summary: "show what an image holds, and what it does not",
  about: [
    "Shows the image that ENTRY becomes, or one that was built: its services, its compartments and every import that each " +
      "was granted, what every byte belongs to, the address space, what an attacker can reach, and packages with " +
      "versions and licences.",
    "An image is described whole or not at all: one that is cut off, that was changed, or that holds executable bytes " +
      "that nothing accounts for is an error.",
  ],
  options: {
    json: { help: "one JSON object; its fields are the type Inspection" },
    html: { help: "one page with drawings that needs no other file and no network" },
    sbom: { help: "a CycloneDX 1.6 bill of materials (JSON) that accounts for every executable byte" },
    output: { value: "FILE", short: "o", help: "where to, instead of standard output" },
    target: {
      value: "NAME",
      help: "what to build an ENTRY for: qemu (default) or process, as for skerry build",
    },
    ...CONFIG_OPTION,
  },
  examples: [
    "skerry inspect server.ts",
    "skerry inspect server.elf --html -o server.html",
    "skerry inspect server.elf --sbom -o server.cdx.json",
  ],
  async run({ values, positionals: [word, ...more] }) {
    refuseMore("inspect", "one ENTRY", more);
    const target = oneOf("target", Object.keys(PLATFORMS) as FileTarget[], values.target ?? "qemu");
    const format = chooseFormat(FORMATS, values);
    const { entry, configuration } = await openProject(word, values.config);
    const { isolation, assets, name, allow = [] } = configuration;
    const output = createOutput(format === "json");
    const inspection = await inspectEntry(entry, {
      platform: PLATFORMS[target],
      name,
      wish: { isolation, assets, outbound: declaredGrants(allow) },
      onStep: (text) => output.progress(text),
    });
    output.progress("");
    giveReport(REPORTS[format](inspection, lookIn(values.output)), values.output, entry);
    return 0;
  },
});

const REPORTS: Readonly<Record<Format, (inspection: Inspection, look: Look) => string>> = {
  text: textReport,
  json: (inspection) => `${JSON.stringify(inspection)}\n`,
  html: pageReport,
  sbom: (inspection) => `${JSON.stringify(sbomOf(inspection), undefined, 2)}\n`,
};
