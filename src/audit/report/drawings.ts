/** The drawings of compartments and of the address space: boxes that the style sheet puts in their places. */
import type { ManifestWindow } from "../../abi/manifest.ts";
import type { InspectedCompartment, Inspection } from "../inspection.ts";
import { exact, plural, short } from "../words.ts";
import { element, type Markup } from "./markup.ts";
import { namesByService, windowTitle } from "./sentences.ts";

/** From the app down to what the image stands on. */
export function drawCompartments(inspection: Inspection): Markup {
  const { compartments, reach, platform } = inspection;
  const { fromApp, fromKernel, keelCalls, systemCalls, devices } = reach;
  const byName = (name: InspectedCompartment["name"]) => compartments.find((each) => each.name === name);
  const isMachine = platform === "bare";
  const down = isMachine
    ? way(
        `${plural(fromKernel.length, "import")}, which come to `,
        plural(keelCalls.length, "keel call"),
        ": int3, accepted from listed addresses",
      )
    : way(
        `${plural(fromKernel.length, "import")}, which come to `,
        plural(systemCalls.length, "system call"),
        " that the filter allows",
      );
  const below = isMachine
    ? [
        layer(byName("keel")!, inspection, "All of ring 0. No byte of the program's data passes through it."),
        way(
          "",
          plural(devices.filter(({ driver }) => driver === "kernel").length, "virtio device"),
          ", driven by the kernel through descriptors that it cannot write",
        ),
        outside(
          "the monitor",
          "QEMU, Firecracker, Cloud Hypervisor: what it emulates is in reach of the guest",
          devices.map(({ name }) => name),
        ),
      ]
    : [
        outside(
          "Linux",
          "any other system call kills the process",
          systemCalls.map(({ name }) => name),
        ),
      ];
  return element(
    "div",
    { class: "stack" },
    layer(byName("app")!, inspection),
    way(
      "",
      plural(fromApp.length, "call"),
      ": the kernel reaches the bytes that a call lends, and no others",
    ),
    layer(byName("kernel")!, inspection),
    down,
    ...below,
  );
}

function layer(compartment: InspectedCompartment, inspection: Inspection, instead?: string): Markup {
  const { name, ring, count, codeBytes, constantBytes, memoryBytes, granted } = compartment;
  const roles = inspection.modules.filter((each) => each.compartment === name).map(({ role }) => role);
  const holds = roles.length > 1 ? `engine and glue, over one memory` : undefined;
  const sizes = [
    [codeBytes, "code"],
    [constantBytes, "constants"],
    [memoryBytes, "memory at start"],
  ] as const;
  const many = count > 1 ? ` × ${exact(count)}` : "";
  return element(
    "div",
    { class: `layer ${name}${count > 1 ? " many" : ""}` },
    element(
      "div",
      {},
      element(
        "p",
        { class: "who" },
        `${name}${many}`,
        element("small", {}, inspection.platform === "bare" ? `ring ${ring}` : "in the process"),
      ),
      element(
        "p",
        { class: "sizes" },
        sizes
          .filter(([size]) => size > 0)
          .map(([size, what]) => `${short(size)} ${what}`)
          .join(" · "),
      ),
      holds === undefined ? undefined : element("p", { class: "sizes" }, holds),
    ),
    granted.length === 0 ? element("p", { class: "note" }, instead ?? "granted nothing") : grants(granted),
  );
}

function grants(granted: readonly string[]): Markup {
  const rows = namesByService(granted).map(({ service, calls }) => [
    element("dt", {}, service),
    element("dd", { class: "mono" }, calls.join("  ")),
  ]);
  return element("dl", { class: "grants" }, rows);
}

function outside(name: string, text: string, holds: readonly string[]): Markup {
  return element(
    "div",
    { class: "layer outside" },
    element(
      "div",
      {},
      element("p", { class: "who" }, name, element("small", {}, "outside the image")),
      element("p", { class: "sizes" }, text),
    ),
    element("p", { class: "note" }, holds.join(" · ")),
  );
}

function way(before: string, count: string, after: string): Markup {
  return element(
    "div",
    { class: "way" },
    element(
      "svg",
      { viewBox: "0 0 14 40", "aria-hidden": "true" },
      element("path", { d: "M7 3v33M2 31l5 5 5-5" }),
    ),
    element("p", {}, before, element("b", {}, count), after),
  );
}

/** A row for each window. Lengths grow with the logarithm: a guard page and six gigabytes can both be seen. */
export function drawAddressSpace(windows: readonly ManifestWindow[]): Markup {
  return element("div", { class: "windows" }, windows.map(drawWindow));
}

const LEAST_BITS = 9;

function drawWindow(window: ManifestWindow): Markup {
  const { ranges, count, owner } = window;
  const whole = ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const bits = (sizeBytes: number): number => Math.max(1, Math.log2(sizeBytes) - LEAST_BITS);
  const longest = WIDEST_BITS;
  const all = ranges.reduce((sum, { sizeBytes }) => sum + bits(sizeBytes), 0);
  const filled = Math.min(1, all / longest);
  return element(
    "div",
    { class: `window ${owner}` },
    element(
      "p",
      { class: "title" },
      windowTitle(window),
      count > 1 ? ` × ${exact(count)}` : "",
      element("small", {}, short(whole)),
    ),
    element(
      "div",
      {},
      element(
        "div",
        { class: "bar", "aria-hidden": "true", style: `width:${(filled * 100).toFixed(1)}%` },
        ranges.map(({ access, sizeBytes, what }) =>
          element("span", {
            class: access,
            style: `flex:${bits(sizeBytes).toFixed(2)} 1 0`,
            title: `${what}: ${exact(sizeBytes)} bytes`,
          }),
        ),
      ),
      element("ul", { class: "ranges" }, merged(ranges)),
    ),
  );
}

/** The sum of bits of the window that fills the page's width. */
const WIDEST_BITS = 78;

/** Each kind of range once, with all that it takes. */
function merged(ranges: ManifestWindow["ranges"]): Markup[] {
  const kinds = new Map<string, { access: string; what: string; sizeBytes: number }>();
  for (const { access, what, sizeBytes } of ranges) {
    const known = kinds.get(`${access} ${what}`);
    if (known === undefined) kinds.set(`${access} ${what}`, { access, what, sizeBytes });
    else known.sizeBytes += sizeBytes;
  }
  return [...kinds.values()].map(({ access, what, sizeBytes }) =>
    element("li", {}, element("i", { class: access }), element("b", {}, short(sizeBytes)), what),
  );
}
