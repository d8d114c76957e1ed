/** What pages of all reports begin with, and are cut into. */
import { element, type Content, type Markup } from "./markup.ts";

/** The mark, and the command that wrote the page. */
export function brand(command: string): Markup {
  const rock = element(
    "svg",
    { viewBox: "0 0 26 18", "aria-hidden": "true" },
    element("path", { class: "rock", d: "M5 11 9 4l3 2 2-4 7 9z" }),
    element("path", { class: "sea", d: "M1 14.5q3-2 6 0t6 0 6 0 6 0" }),
  );
  return element("div", { class: "brand" }, rock, command);
}

export function section(title: string, note: string | undefined, content: Content): Markup {
  return element(
    "section",
    {},
    element("h2", {}, title),
    note === undefined ? undefined : element("p", { class: "note" }, note),
    content,
  );
}
