/** HTML and SVG as text. Whatever is put in between is escaped; only `Markup` is not, which this file makes, and `document.ts` of its own rules. */

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Markup | string | number | undefined | readonly Content[];

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Elements that have no end. */
const VOID = new Set(["meta", "br", "rect", "line", "path", "circle"]);

export function element(name: string, attributes: Attributes = {}, ...content: readonly Content[]): Markup {
  const words = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeText(String(value))}"`);
  const inside = markupOf(content);
  if (VOID.has(name) && inside === "")
    return new Markup(`<${name}${words.join("")}${name === "meta" || name === "br" ? "" : "/"}>`);
  return new Markup(`<${name}${words.join("")}>${inside}</${name}>`);
}

export function markupOf(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "string" || typeof content === "number") return escapeText(String(content));
  return content.map(markupOf).join("");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}
