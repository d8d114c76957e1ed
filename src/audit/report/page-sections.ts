/** The page's sections that are lists and tables. */
import type { Inspection } from "../inspection.ts";
import { exact, KINDS, OWNERS, plural, FROM_WASM, isFromWasm } from "../words.ts";
import { element, type Content, type Markup } from "./markup.ts";
import { sumOf } from "./sentences.ts";

export function services({ services: all }: Inspection): Content {
  const chips = (isIn: boolean) =>
    element(
      "ul",
      { class: "chips" },
      all
        .filter((service) => service.isIn === isIn)
        .map(({ name, what }) =>
          element("li", { class: isIn ? undefined : "absent" }, element("b", {}, name), what),
        ),
    );
  const absent = all.some(({ isIn }) => !isIn);
  return [
    element("h3", {}, "in the image"),
    chips(true),
    ...(absent ? [element("h3", {}, "not in it"), chips(false)] : []),
    element(
      "p",
      { class: "note" },
      "Nor are there a shell, a second program, users, or a loader for any of them.",
    ),
  ];
}

export function reach(inspection: Inspection): Markup {
  const { reach: ways, outbound, platform } = inspection;
  const { network, ports, devices } = ways;
  const talks = outbound.length === 0 ? "nothing, unless told at its start" : outbound.join(", ");
  return element(
    "div",
    { class: "cards" },
    card(
      "From the network",
      network.length === 0
        ? "The image has no network."
        : "What whoever can send it frames can make it parse.",
      element(
        "dl",
        {},
        network.map(({ protocol, what }) => [element("dt", {}, protocol), element("dd", {}, what)]),
      ),
    ),
    element(
      "div",
      { class: "card" },
      element("h3", {}, "Ports that listen"),
      element(
        "ul",
        {},
        ports.length === 0
          ? element("li", {}, "none")
          : ports.map(({ port, service }) => element("li", {}, `${port} `, element("small", {}, service))),
      ),
      element("br"),
      element("h3", {}, "May begin to talk to"),
      element("ul", {}, element("li", {}, talks)),
      element("br"),
      element("h3", {}, "Devices"),
      element(
        "ul",
        {},
        devices.length === 0
          ? element("li", {}, "none")
          : devices.map(({ name, driver }) =>
              element("li", {}, `${name} `, element("small", {}, `driven by the ${driver}`)),
            ),
      ),
    ),
    platform === "bare" ? keelCalls(inspection) : systemCalls(inspection),
  );
}

function keelCalls({ reach: { keelCalls: calls, fromKernel } }: Inspection): Markup {
  return wholeCard(
    "From ring 3 into ring 0",
    `${plural(fromKernel.length, "import")} of the kernel come to ${plural(calls.length, "call")} of the keel, each accepted from one address alone. Some end when start-up seals the machine.`,
    element(
      "ul",
      { class: "columns" },
      calls.map(({ name, address, isBeforeSeal }) =>
        element(
          "li",
          {},
          `${name} `,
          element("small", { class: "mono" }, `0x${address.toString(16)}`),
          isBeforeSeal ? element("small", {}, " until sealed") : undefined,
        ),
      ),
    ),
  );
}

function systemCalls({ reach: { systemCalls: calls } }: Inspection): Markup {
  return wholeCard(
    "From the process into Linux",
    "Read out of the filter that the process puts upon itself at its start. Any other call, or another argument, kills it.",
    element(
      "ul",
      { class: "columns" },
      calls.map(({ name, when }) =>
        element("li", {}, `${name} `, when === undefined ? undefined : element("small", {}, when)),
      ),
    ),
  );
}

function card(title: string, note: string, content: Content): Markup {
  return element(
    "div",
    { class: "card" },
    element("h3", {}, title),
    element("p", { class: "note" }, note),
    content,
  );
}

function wholeCard(title: string, note: string, content: Content): Markup {
  return element(
    "div",
    { class: "card whole" },
    element("h3", {}, title),
    element("p", { class: "note" }, note),
    content,
  );
}

const SHOWN_HASH = 16;

export function executable({ executable: code }: Inspection): Content {
  const { mappedBytes, paddingBytes, ranges } = code;
  const strip = ranges.map(({ owner, sizeBytes }) =>
    element("span", {
      class: owner,
      style: `flex:${sizeBytes} 1 0`,
      title: `${owner}: ${exact(sizeBytes)} bytes`,
    }),
  );
  const parts = ranges.filter(({ owner }) => owner !== "padding");
  const paddings = ranges.length - parts.length;
  const rows = parts.map(({ owner, kind, address, sizeBytes, sha256 }) =>
    element(
      "tr",
      {},
      element(
        "td",
        { class: `part ${owner}` },
        element("i", { class: "dot" }),
        `${owner === "padding" ? owner : OWNERS[owner].label} ${kind === "padding" ? "" : KINDS[kind]}`,
      ),
      element("td", { class: "number mono" }, `0x${address.toString(16)}`),
      element("td", { class: "number" }, exact(sizeBytes)),
      element("td", { class: "mono", title: sha256 }, `${sha256.slice(0, SHOWN_HASH)}…`),
    ),
  );
  return [
    element(
      "p",
      { class: "note" },
      element("span", { class: "good" }, "Every byte is accounted for. "),
      `${exact(mappedBytes)} bytes may be executed; ${exact(sumOf(parts))} belong to the parts below, ${exact(paddingBytes)} are zeros between them and at the ends of pages. The same list, with whole hashes, is the bill of materials: skerry inspect --sbom.`,
    ),
    element("div", { class: "strip", "aria-hidden": "true" }, strip),
    table(
      [["part"], ["address", "number"], ["bytes", "number"], ["sha256"]],
      [
        ...rows,
        element(
          "tr",
          {},
          element("td", { class: "part padding" }, element("i", { class: "dot" }), "padding"),
          element("td", { class: "number" }, plural(paddings, "place")),
          element("td", { class: "number" }, exact(paddingBytes)),
          element("td", {}, "zeros"),
        ),
        element(
          "tr",
          { class: "total" },
          element("td", {}, "in all"),
          element("td"),
          element("td", { class: "number" }, exact(mappedBytes)),
          element("td", {}, ""),
        ),
      ],
    ),
  ];
}

export function dependencies(inspection: Inspection): Content {
  const { packages } = inspection;
  const rows = packages.map(({ name, version, licence, in: where, sizeBytes }) =>
    element(
      "tr",
      {},
      element("td", {}, name),
      element("td", { class: "mono" }, version),
      element("td", {}, licence ?? "not said"),
      element("td", {}, where),
      element("td", { class: "number" }, sizeBytes === undefined ? "–" : exact(sizeBytes)),
    ),
  );
  return [
    table([["package"], ["version"], ["licence"], ["in"], ["bytes", "number"]], rows),
    element(
      "p",
      { class: "legend" },
      `Bytes: of the bundled script, or of the Wasm module it came as. ${isFromWasm(inspection) ? FROM_WASM : ""}`,
    ),
  ];
}

function table(heads: readonly (readonly [string, string?])[], rows: readonly Markup[]): Markup {
  const head = element(
    "tr",
    {},
    heads.map(([text, look]) => element("th", { class: look, scope: "col" }, text)),
  );
  return element(
    "div",
    { class: "scroll" },
    element("table", {}, element("thead", {}, head), element("tbody", {}, rows)),
  );
}
