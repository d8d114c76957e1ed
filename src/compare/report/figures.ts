/** Each figure of all kinds as bars to one scale, with what it does not say. */
import { element, type Markup } from "../../audit/report/markup.ts";
import type { ComparedKind } from "../comparison.ts";
import { FIGURES, type Figure } from "../words.ts";

export function drawFigures(kinds: readonly ComparedKind[]): Markup {
  const shown = FIGURES.filter(({ of }) => kinds.some((kind) => of(kind) !== undefined));
  return element(
    "div",
    { class: "measures" },
    shown.map((figure) => drawFigure(figure, kinds)),
  );
}

function drawFigure({ label, caution, of, show }: Figure, kinds: readonly ComparedKind[]): Markup {
  const measures = kinds.map((kind) => ({ kind, measure: of(kind) }));
  const largest = Math.max(...measures.map(({ measure }) => measure?.value ?? 0), 0);
  const rows = measures.map(({ kind, measure }) => {
    const isOurs = kind.name.startsWith("skerry");
    const value = measure?.value ?? null;
    const text = measure === undefined ? "none" : value === null ? "not measured" : show(value);
    const width = value === null || largest === 0 ? 0 : (value / largest) * 100;
    return element(
      "div",
      { class: `row${isOurs ? " ours" : ""}${value === null ? " unknown" : ""}` },
      element(
        "dt",
        {},
        kind.title,
        kind.caution === undefined ? undefined : element("small", {}, "emulated"),
      ),
      element(
        "dd",
        {},
        element(
          "span",
          { class: "track", "aria-hidden": "true" },
          element("i", { style: `width:${width.toFixed(2)}%` }),
        ),
        element("span", { class: "value" }, text),
      ),
    );
  });
  return element(
    "div",
    { class: "card" },
    element("h3", {}, label),
    element("dl", {}, rows),
    element("p", { class: "note" }, caution),
  );
}
