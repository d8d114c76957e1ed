/**
 * An inspection as one page: no script, no request, nothing beside it. A policy in the page itself forbids the rest.
 *
 * Tests: page.test.ts; in a real browser, tests/functional/inspect-page.test.ts
 */
import type { Inspection } from "../inspection.ts";
import { detailOf, exact, labelOf, OWNERS, short } from "../words.ts";
import { documentOf } from "./document.ts";
import { drawAddressSpace, drawCompartments } from "./drawings.ts";
import { element, type Content, type Markup } from "./markup.ts";
import { dependencies, executable, reach, services } from "./page-sections.ts";
import { brand, section } from "./pieces.ts";
import { describeAssets, PLATFORM_WORDS, sumOf, whereFound, whoBy } from "./sentences.ts";
import { drawTreemap, type Piece } from "./treemap-drawing.ts";

export function pageReport(inspection: Inspection): string {
  const { name, builder } = inspection;
  return documentOf({
    title: `${name}: what is inside`,
    main: [header(inspection), sections(inspection), footer(builder)],
  });
}

function header(inspection: Inspection): Content {
  const { name, platform, face, builder, file, within } = inspection;
  return element(
    "header",
    {},
    brand("skerry inspect"),
    element("h1", {}, name),
    element(
      "p",
      { class: "lead" },
      `A unikernel: ${PLATFORM_WORDS[platform]}, ${face === "js" ? "JavaScript on QuickJS" : "native code alone, no engine"}, made by Skerry ${builder}.`,
    ),
    element("p", { class: "hash mono" }, `sha256 ${file.sha256}`),
    within === undefined ? undefined : element("p", { class: "hash" }, whereFound(within)),
    figures(inspection),
  );
}

function figures({
  file,
  executable: code,
  compartments,
  reach: ways,
  packages,
  platform,
}: Inspection): Markup {
  const keel = compartments.find(({ name }) => name === "keel");
  const packageCount = new Set(packages.map(({ name }) => name)).size;
  const ports = ways.ports.map(({ port }) => port);
  const listed: readonly (readonly [string, string])[] = [
    [short(file.sizeBytes), "the whole image"],
    [short(code.mappedBytes), "may be executed, every byte accounted for"],
    keel === undefined
      ? [exact(ways.systemCalls.length), "system calls that the filter allows"]
      : [short(keel.codeBytes), "of code in ring 0"],
    [exact(ways.fromApp.length), "calls that the app can make"],
    ports.every((port) => typeof port === "number")
      ? [ports.join(", ") || "none", ports.length === 1 ? "port listens" : "ports listen"]
      : [
          exact(ports.length),
          ports.length === 1
            ? "way to listen, on ports the app chooses"
            : "ways to listen, on ports the app chooses",
        ],
    [
      exact(packageCount),
      `${packageCount === 1 ? "package" : "packages"}, and no ${platform === "bare" ? "operating system" : "library of the system"}`,
    ],
  ];
  return element(
    "dl",
    { class: "figures" },
    listed.map(([value, what]) => element("div", {}, element("dt", {}, what), element("dd", {}, value))),
  );
}

function sections(inspection: Inspection): Content {
  const { addressSpace, isolation } = inspection;
  return [
    section("Where the bytes are", "Every byte of the file, once. Areas are to scale.", bytes(inspection)),
    section(
      "Compartments, and what each was granted",
      `A compartment can name nothing outside itself but these imports.${isolation === undefined ? "" : ` Isolation: ${whoBy(isolation)}.`}`,
      drawCompartments(inspection),
    ),
    section(
      "Services",
      "The kernel holds what the app uses. What is crossed out is not disabled: its code is not there.",
      services(inspection),
    ),
    section(
      "What an attacker can reach",
      "From the outermost in: the network, then an app that was taken over, then a kernel that was.",
      reach(inspection),
    ),
    section(
      "Address space",
      "Each window lies by itself at an address drawn at each start; what is between them is not mapped. Lengths are logarithmic.",
      [drawAddressSpace(addressSpace), accessLegend()],
    ),
    section("Executable bytes", undefined, executable(inspection)),
    section(
      "Dependencies",
      "Packages whose code is in the image, as machine code or as script.",
      dependencies(inspection),
    ),
  ];
}

/** Groups of functions in shades of one colour. */
const SHADES = 4;

function bytes(inspection: Inspection): Content {
  const { bytes: uses, face, assets } = inspection;
  const pieces = uses.map((use): Piece => {
    const { owner, kind, sizeBytes } = use;
    return { label: labelOf(use, face), sizeBytes, look: `${owner} ${kind}`, detail: detailOf(use, face) };
  });
  const owners = [...new Set(uses.map(({ owner }) => owner))];
  const legend = owners.map((owner) => {
    const sizeBytes = sumOf(uses.filter((use) => use.owner === owner));
    return element("li", { class: owner }, element("i"), `${OWNERS[owner].label} ${exact(sizeBytes)}`);
  });
  return [
    drawTreemap("a treemap of the file's bytes", pieces, 400),
    element("ul", { class: "legend" }, legend),
    assets === undefined
      ? undefined
      : element("p", { class: "note hash" }, `Assets: ${describeAssets(assets)}.`),
    uses.map(({ owner, kind, sizeBytes, groups }) => {
      if (groups === undefined || kind !== "code") return undefined;
      const title = `${labelOf({ owner, kind }, face)}, by what it is for`;
      const inside = groups.map((group, index): Piece => {
        return { label: group.name, sizeBytes: group.sizeBytes, look: `${owner} shade${index % SHADES}` };
      });
      return [
        element("p", { class: "caption" }, title, element("small", {}, `${exact(sizeBytes)} bytes`)),
        drawTreemap(title, inside, owner === "kernel" ? 260 : 150),
      ];
    }),
  ];
}

function accessLegend(): Markup {
  const kinds = [
    ["execute", "read and executed"],
    ["read", "read only"],
    ["write", "read and written"],
    ["none", "not mapped: touching it is a fault"],
  ] as const;
  return element(
    "ul",
    { class: "legend" },
    kinds.map(([kind, text]) => element("li", { class: kind }, element("i", { class: kind }), text)),
  );
}

function footer(builder: string): Markup {
  return element(
    "footer",
    {},
    element(
      "p",
      {},
      "All of this was read out of the image, whose parts were found as its manifest says they were built. The manifest is in the image too: against someone who changes both, compare the hash above with that of your own build, which is the same, byte for byte.",
    ),
    element(
      "p",
      {},
      `Written by Skerry ${builder}. Names of functions come from the build; the image holds none.`,
    ),
  );
}
