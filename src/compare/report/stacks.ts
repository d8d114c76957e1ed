/**
 * The drawing of the stacks: a column for each kind, from the app down, all on the host's Linux, which is one. The area
 * of a square is its layer's code, to one scale.
 */
import { element, type Content, type Markup } from "../../audit/report/markup.ts";
import { exact, short } from "../../audit/words.ts";
import type { ComparedKind, Door, Layer } from "../comparison.ts";
import { codeText, doorText, generatedText, shownDoors } from "../words.ts";

/** Of the largest layer's square. */
const WIDEST_PX = 76;
const LEAST_PX = 2;

export function drawStacks(kinds: readonly ComparedKind[]): Markup {
  const layers = kinds.flatMap((kind) => kind.layers);
  const largest = Math.max(1, ...layers.map(({ codeBytes }) => codeBytes.value ?? 0));
  const columns = kinds.map((kind) => column(kind, largest));
  const host = kinds.find(({ isMeasured }) => isMeasured)?.layers.at(-1);
  return element(
    "div",
    { class: "stacks", style: `--kinds:${kinds.length}` },
    columns,
    host === undefined ? undefined : element("div", { class: "ground" }, layerBox(host, largest)),
  );
}

function column({ name, title, layers, isMeasured, boot, caution }: ComparedKind, largest: number): Markup {
  const above = layers.filter(({ role }) => role !== "host");
  const below = layers.filter(({ role }) => role === "host");
  const isOurs = name.startsWith("skerry");
  const state = !isMeasured
    ? "not measured here"
    : caution === undefined || boot.medianMs === null
      ? ""
      : "emulated";
  return element(
    "article",
    { class: `kind${isOurs ? " ours" : ""}${isMeasured ? "" : " unmeasured"}` },
    element("h3", {}, title, state === "" ? undefined : element("small", {}, state)),
    element(
      "div",
      { class: "pile" },
      above.map((layer) => [layerBox(layer, largest), ways(shownDoors(layer))]),
      element(
        "div",
        { class: "own-ground" },
        below.map((layer) => layerBox(layer, largest)),
      ),
    ),
  );
}

function layerBox(layer: Layer, largest: number): Markup {
  const { name, role, mode, holds, isShared, codeBytes } = layer;
  const generated = generatedText(layer);
  return element(
    "div",
    { class: `box ${role}` },
    element(
      "div",
      { class: "says" },
      element("p", { class: "who" }, name),
      element("p", { class: "size" }, codeBytes.value === null ? codeText(layer) : short(codeBytes.value)),
      element("p", { class: "mode" }, isShared ? `${mode}, shared with all else that runs here` : mode),
      holds === "" ? undefined : element("p", { class: "holds" }, holds),
      generated === undefined ? undefined : element("p", { class: "holds" }, `and ${generated}`),
    ),
    square(layer, largest),
  );
}

function square({ codeBytes }: Layer, largest: number): Markup {
  const { value } = codeBytes;
  if (value === null) return element("i", { class: "area unknown", "aria-hidden": "true" });
  const side = Math.max(LEAST_PX, Math.sqrt(value / largest) * WIDEST_PX).toFixed(1);
  return element("i", {
    class: "area",
    style: `width:${side}px;height:${side}px`,
    title: `${exact(value)} bytes of code`,
    "aria-hidden": "true",
  });
}

function ways(doors: readonly Door[]): Content {
  if (doors.length === 0) return undefined;
  return element("div", { class: "ways" }, arrow(), element("div", {}, doors.map(way)));
}

function way(door: Door): Markup {
  const { what, count, note, names = [] } = door;
  const head =
    count.value === null
      ? element("p", {}, element("b", {}, what), element("small", {}, note ?? "not measured"))
      : element(
          "p",
          {},
          element("b", {}, doorText({ what, count })),
          note === undefined ? undefined : element("small", {}, note),
        );
  if (names.length === 0) return head;
  return element(
    "details",
    {},
    element("summary", {}, head),
    element("p", { class: "names mono" }, names.join("  ")),
  );
}

function arrow(): Markup {
  return element(
    "svg",
    { viewBox: "0 0 14 40", "aria-hidden": "true" },
    element("path", { d: "M7 3v33M2 31l5 5 5-5" }),
  );
}
