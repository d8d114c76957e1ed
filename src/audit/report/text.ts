/** An inspection as text, for a terminal or a pipe. */
import type { ManifestWindow } from "../../abi/manifest.ts";
import type { Inspection } from "../inspection.ts";
import { exact, labelOf, OWNERS, plural, share, short, FROM_WASM, isFromWasm } from "../words.ts";
import {
  describeAssets,
  namesByService,
  PLATFORM_WORDS,
  sumOf,
  whereFound,
  whoBy,
  windowTitle,
} from "./sentences.ts";

export interface TextOptions {
  readonly columns: number;
  /** Puts emphasis on a title. */
  readonly title: (text: string) => string;
}

const LABEL_COLUMNS = 20;
const NUMBER_COLUMNS = 11;
const SHARE_COLUMNS = 9;

export function textReport(inspection: Inspection, { columns, title }: TextOptions): string {
  const { name, face, platform, builder, file, within, assets } = inspection;
  const section = (heading: string, lines: readonly string[]): string[] => ["", title(heading), ...lines];
  return [
    `${title(name)}: ${PLATFORM_WORDS[platform]}, face ${face}, built by Skerry ${builder}`,
    `${exact(file.sizeBytes)} bytes, sha256 ${file.sha256}`,
    ...(within === undefined ? [] : fill("", whereFound(within), columns)),
    ...section("bytes of the file", byteLines(inspection, columns)),
    ...(assets === undefined ? [] : section("assets", fill("  ", describeAssets(assets), columns))),
    ...section("executable bytes", executableLines(inspection, columns)),
    ...section("services", serviceLines(inspection, columns)),
    ...section("compartments", compartmentLines(inspection, columns)),
    ...section(
      "address space",
      inspection.addressSpace.flatMap((window) => windowLines(window, columns)),
    ),
    ...section("what an attacker can reach", reachLines(inspection, columns)),
    ...section("dependencies", packageLines(inspection)),
    "",
  ].join("\n");
}

function byteLines({ bytes, file, face }: Inspection, columns: number): string[] {
  const labels = bytes.map((use) => labelOf(use, face));
  const labelColumns = Math.max(...labels.map(({ length }) => length));
  const barColumns = Math.max(0, columns - labelColumns - NUMBER_COLUMNS - SHARE_COLUMNS - 4);
  const largest = bytes[0]?.sizeBytes ?? 1;
  return bytes.map(({ sizeBytes }, index) => {
    const label = labels[index]!.padEnd(labelColumns);
    const numbers =
      exact(sizeBytes).padStart(NUMBER_COLUMNS) + share(sizeBytes, file.sizeBytes).padStart(SHARE_COLUMNS);
    return `  ${label}${numbers}  ${"█".repeat(Math.round((sizeBytes / largest) * barColumns))}`.trimEnd();
  });
}

function executableLines({ executable }: Inspection, columns: number): string[] {
  const { mappedBytes, paddingBytes, ranges } = executable;
  const owners = [...new Set(ranges.map(({ owner }) => owner))].filter((owner) => owner !== "padding");
  const each = owners.map((owner) => {
    const sizeBytes = sumOf(ranges.filter((range) => range.owner === owner));
    return `${OWNERS[owner].label} ${exact(sizeBytes)}`;
  });
  return [
    `  ${exact(mappedBytes)} in memory, every one accounted for:`,
    ...fill("  ", [...each, `padding ${exact(paddingBytes)}`].join(", "), columns, ", "),
  ];
}

function serviceLines({ services }: Inspection, columns: number): string[] {
  const names = (isIn: boolean): string =>
    services
      .filter((service) => service.isIn === isIn)
      .map(({ name }) => name)
      .join(" ") || "none";
  return [...fill("  in      ", names(true), columns), ...fill("  not in  ", names(false), columns)];
}

function compartmentLines(inspection: Inspection, columns: number): string[] {
  const { compartments, isolation, modules } = inspection;
  const lines = compartments.flatMap(
    ({ name, ring, count, codeBytes, constantBytes, memoryBytes, granted }) => {
      const sizes = `code ${exact(codeBytes)}, constants ${exact(constantBytes)}, memory ${exact(memoryBytes)}`;
      const made = modules.filter(({ compartment }) => compartment === name).map(({ role }) => role);
      const from = made.length > 1 ? `  of ${made.join(" and ")}` : "";
      const head = `  ${name.padEnd(8)}ring ${ring}${count > 1 ? ` x ${exact(count)}` : ""}: ${sizes}${from}`;
      return [head, ...(granted.length === 0 ? [] : grantLines(granted, columns))];
    },
  );
  return isolation === undefined ? lines : [...lines, ...fill("  ", whoBy(isolation), columns)];
}

function grantLines(granted: readonly string[], columns: number): string[] {
  return [
    `          granted ${plural(granted.length, "import")}`,
    ...namesByService(granted).flatMap(({ service, calls }) =>
      fill(`            ${service.padEnd(13)}`, calls.join(" "), columns),
    ),
  ];
}

const ACCESS_MARKS = { none: "---", read: "r--", write: "rw-", execute: "r-x" } as const;

function windowLines(window: ManifestWindow, columns: number): string[] {
  const { count, ranges } = window;
  const inside = ranges.map(
    ({ access, sizeBytes, what }) => `${ACCESS_MARKS[access]} ${short(sizeBytes)} ${what}`,
  );
  const times = count > 1 ? ` x ${exact(count)}` : "";
  return fill(
    `  ${`${windowTitle(window)}${times}`.padEnd(LABEL_COLUMNS)}`,
    inside.join(" | "),
    columns,
    " | ",
  );
}

function reachLines({ reach, platform, outbound }: Inspection, columns: number): string[] {
  const { network, ports, fromApp, fromKernel, keelCalls, systemCalls, devices } = reach;
  const rows: (readonly [string, string])[] = [
    ["ports", ports.map(({ port, service }) => `${port} (${service})`).join(", ") || "none"],
    ["from the network", network.map(({ protocol, what }) => `${protocol}: ${what}`).join("; ") || "nothing"],
    ["from the app", `${plural(fromApp.length, "call")} of the kernel and the platform, as granted above`],
    ["from the kernel", `${plural(fromKernel.length, "call")} of the platform, as granted above`],
    platform === "bare"
      ? [
          "of the keel",
          keelCalls
            .map(({ name, isBeforeSeal }) => (isBeforeSeal ? `${name} (until sealed)` : name))
            .join(", "),
        ]
      : [
          "of Linux",
          systemCalls.map(({ name, when }) => (when === undefined ? name : `${name} (${when})`)).join(", "),
        ],
    ["devices", devices.map(({ name, driver }) => `${name} (${driver})`).join(", ") || "none"],
    ["may begin to talk to", outbound.join(" ") || "nothing, unless told at its start"],
  ];
  return rows.flatMap(([label, text]) => fill(`  ${label.padEnd(LABEL_COLUMNS + 2)}`, text, columns));
}

function packageLines(inspection: Inspection): string[] {
  const { packages } = inspection;
  const width = Math.max(...packages.map(({ name, version }) => name.length + version.length + 1), 0);
  const lines = packages.map(({ name, version, licence, in: where, sizeBytes }) => {
    const size = sizeBytes === undefined ? "" : `, ${exact(sizeBytes)} bytes`;
    return `  ${`${name} ${version}`.padEnd(width + 2)}${(licence ?? "licence not said").padEnd(12)} in ${where}${size}`;
  });
  return isFromWasm(inspection) ? [...lines, `  ${FROM_WASM}`] : lines;
}

/** Lines of at most `columns`, the later ones indented as the first one's text is. */
function fill(begin: string, text: string, columns: number, separator = " "): string[] {
  const indent = " ".repeat(begin.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(separator)) {
    const longer = line === "" ? word : `${line}${separator}${word}`;
    if (line !== "" && begin.length + longer.length > columns) {
      lines.push(line + separator.trimEnd());
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((each, index) => `${index === 0 ? begin : indent}${each}`);
}
