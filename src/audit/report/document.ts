/** What every report's page stands in: no script, no request, nothing beside it. A policy in the page forbids the rest. */
import { element, Markup, markupOf, type Content } from "./markup.ts";
import { STYLE } from "./style.ts";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export interface PageContent {
  readonly title: string;
  /** Rules beside those of all pages. */
  readonly style?: string;
  readonly main: Content;
}

export function documentOf({ title, style = "", main }: PageContent): string {
  const head = element(
    "head",
    {},
    element("meta", { charset: "utf-8" }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    element("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }),
    element("title", {}, title),
    new Markup(`<style>${STYLE}${style}</style>`),
  );
  const body = element("body", {}, element("main", {}, main));
  return `<!doctype html>\n<html lang="en">${markupOf(head)}\n${markupOf(body)}</html>\n`;
}
