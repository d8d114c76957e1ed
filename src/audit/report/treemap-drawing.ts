/** Treemaps as SVG, once for each width of a page: text in them keeps its size. */
import { exact, short } from "../words.ts";
import { element, type Markup } from "./markup.ts";
import { treemap, type Tile } from "./treemap.ts";

export interface Piece {
  readonly label: string;
  readonly sizeBytes: number;
  /** A sentence for where there is much room. */
  readonly detail?: string | undefined;
  /** Class names: whose it is, and of which kind. */
  readonly look: string;
}

/** Widths in pixels, and the class that shows a drawing where it fits. */
const FORMATS = [
  { name: "wide", width: 1072, height: 1 },
  { name: "medium", width: 680, height: 1.1 },
  { name: "narrow", width: 342, height: 1.3 },
] as const;

/** Of bold text in the widest of the usual fonts. */
const LETTER_WIDTH = 8.4;
const GAP = 1;
const PADDING = 9;
const LINE = 17;
/** Narrower tiles have no details. */
const DETAIL_WIDTH = 170;

/** `height` on a wide page. */
export function drawTreemap(title: string, pieces: readonly Piece[], height: number): Markup[] {
  const sorted = pieces
    .filter(({ sizeBytes }) => sizeBytes > 0)
    .sort((one, other) => other.sizeBytes - one.sizeBytes);
  return FORMATS.map(({ name, width, height: factor }) => {
    const area = { x: 0, y: 0, width, height: Math.round(height * factor) };
    return element(
      "svg",
      { class: `drawing ${name}`, viewBox: `0 0 ${width} ${area.height}`, role: "img", "aria-label": title },
      treemap(sorted, area).map(drawTile),
    );
  });
}

function drawTile(tile: Tile<Piece>): Markup {
  const { item, x, y, width, height } = tile;
  const [innerWidth, innerHeight] = [Math.max(width - 2 * GAP, 0.5), Math.max(height - 2 * GAP, 0.5)];
  const box = {
    x: round(x + GAP),
    y: round(y + GAP),
    width: round(innerWidth),
    height: round(innerHeight),
    rx: Math.min(3, round(innerHeight / 4)),
  };
  return element(
    "g",
    { class: item.look },
    element("title", {}, `${item.label}: ${exact(item.sizeBytes)} bytes`),
    element("rect", box),
    ...textOf(tile),
  );
}

/** As much as there is room for. */
function textOf({ item, x, y, width, height }: Tile<Piece>): Markup[] {
  const room = (text: string) => text.length * LETTER_WIDTH + 2 * PADDING <= width;
  const at = (line: number) => ({ x: round(x + PADDING), y: round(y + PADDING + 11 + line * LINE) });
  if (height < LINE + PADDING) return [];
  const size = short(item.sizeBytes);
  const lines = room(item.label) ? [item.label] : item.label.split(" ");
  if (!lines.every(room) || height < lines.length * LINE + PADDING) return [];
  const hasSize = room(size) && height >= (lines.length + 1) * LINE + PADDING;
  const details = wrapped(item.detail ?? "", Math.floor((width - 2 * PADDING) / LETTER_WIDTH));
  const hasDetail =
    hasSize && width > DETAIL_WIDTH && height >= (lines.length + details.length + 2) * LINE + PADDING;
  return [
    ...lines.map((line, index) => element("text", at(index), line)),
    ...(hasSize ? [element("text", { ...at(lines.length), class: "size" }, size)] : []),
    ...(hasDetail
      ? details.map((line, index) =>
          element("text", { ...at(lines.length + 1.4 + index), class: "size" }, line),
        )
      : []),
  ];
}

function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > letters) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].filter((each) => each !== "");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
