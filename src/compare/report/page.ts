/**
 * A comparison as one page: no script, no request, nothing beside it.
 *
 * Tests: report.test.ts; in a real browser, tests/functional/compare-page.test.ts
 */
import { documentOf } from "../../audit/report/document.ts";
import { element, type Content, type Markup } from "../../audit/report/markup.ts";
import { brand, section } from "../../audit/report/pieces.ts";
import { DESIGN_TOPICS, type Comparison } from "../comparison.ts";
import { TOPIC_WORDS } from "../design.ts";
import { answersTo, gapsOf, hostText, requestText } from "../words.ts";
import { drawFigures } from "./figures.ts";
import { drawStacks } from "./stacks.ts";
import { COMPARE_STYLE } from "./style.ts";

export function pageReport(comparison: Comparison): string {
  const { name, builder } = comparison;
  return documentOf({
    title: `${name}: what it stands on`,
    style: COMPARE_STYLE,
    main: [header(comparison), sections(comparison), footer(builder)],
  });
}

function header(comparison: Comparison): Content {
  const { name, kinds, linuxApp } = comparison;
  const served =
    linuxApp.servedBy === undefined ? `not on Linux: ${linuxApp.why}` : `on Linux: ${linuxApp.servedBy}`;
  return element(
    "header",
    {},
    brand("skerry compare"),
    element("h1", {}, name),
    element(
      "p",
      { class: "lead" },
      `The same program, ${kinds.length === 1 ? "one way" : `${kinds.length} ways`} to run it: what stands under it, and what whoever takes it over finds there. There is no score; what weighs how much is yours to say.`,
    ),
    element(
      "ul",
      { class: "facts" },
      [requestText(comparison), served, hostText(comparison)].map((text) => element("li", {}, text)),
    ),
  );
}

function sections(comparison: Comparison): Content {
  const { kinds } = comparison;
  const cautions = kinds.flatMap(({ title, caution }) =>
    caution === undefined ? [] : [{ where: title, why: caution }],
  );
  const gaps = gapsOf(comparison);
  return [
    section(
      "What stands on what",
      "Whoever has taken over the app stands in the topmost layer and can use the first doors down. For each layer below, another bug is needed.",
      [
        drawStacks(kinds),
        element(
          "p",
          { class: "scale" },
          "The area of a square is its layer's code, all to one scale; one too small to be seen has two pixels. Underlined doors open to their names.",
        ),
      ],
    ),
    section("What was measured", undefined, [
      cautions.length === 0 ? undefined : [plainList(cautions), element("br")],
      drawFigures(kinds),
    ]),
    section(
      "What an attacker inside the app can do by design",
      "With no further bug. Nothing here is measured: it follows from what each kind is, and each answer names who says so.",
      design(comparison),
    ),
    section(
      "What was started",
      undefined,
      plainList(
        kinds.filter(({ isMeasured }) => isMeasured).map(({ title, how }) => ({ where: title, why: how })),
      ),
    ),
    ...(gaps.length === 0 ? [] : [section("What was not measured, and why", undefined, plainList(gaps))]),
  ];
}

function design({ kinds }: Comparison): Markup {
  return element(
    "div",
    { class: "topics" },
    DESIGN_TOPICS.map((topic) =>
      element(
        "div",
        { class: "card" },
        element("h3", {}, TOPIC_WORDS[topic]),
        element(
          "dl",
          {},
          answersTo(topic, kinds).map(({ kinds: whose, answer, source }) => [
            element("dt", {}, whose.map(({ title }) => title).join(" · ")),
            element("dd", {}, answer, element("small", {}, source)),
          ]),
        ),
      ),
    ),
  );
}

interface Line {
  readonly where: string;
  readonly why: string;
  readonly see?: string;
}

function plainList(lines: readonly Line[]): Markup {
  return element(
    "ul",
    { class: "plain" },
    lines.map(({ where, why, see }) =>
      element("li", {}, element("b", {}, where), `: ${why}${see === undefined ? "" : ` (see ${see})`}`),
    ),
  );
}

function footer(builder: string): Markup {
  return element(
    "footer",
    {},
    element(
      "p",
      {},
      "Figures are of one computer, and of the moment: compare kinds with each other, not with another report. How each is taken is told in Skerry's docs/decisions/0012-comparing.md.",
    ),
    element("p", {}, `Written by Skerry ${builder}.`),
  );
}
