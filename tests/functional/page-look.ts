/** What a page looks like to whoever reads it: measured in a real browser, as a device of some width and scheme shows it. */
import type { Browser, Look } from "./browser.ts";

const WIDTHS = [320, 390, 760, 1440];
const SCHEMES = ["light", "dark"] as const;
export const LOOKS: readonly Look[] = WIDTHS.flatMap((width) =>
  SCHEMES.map((scheme) => ({ width, height: 900, scheme })),
);

/** WCAG 2.2, 1.4.3. */
const LEAST_CONTRAST = 4.5;

/** What the page is asked, in its own language: all of it is the browser's word, none ours. */
const SEEN = `(() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pixel = (...colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((each) => each / 255).map((each) => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const isShown = (node) => node.getClientRects().length > 0;
  const style = (node) => getComputedStyle(node);
  const backgroundOf = (node) => {
    const layers = [];
    for (let at = node; at !== null; at = at.parentElement) layers.unshift(style(at).backgroundColor);
    return layers;
  };
  const faint = [];
  for (const node of document.querySelectorAll("h1, h2, h3, p, dt, dd, li, td, th, small, b, footer p")) {
    if (!isShown(node) || node.textContent.trim() === "") continue;
    const background = backgroundOf(node);
    const found = contrast(pixel(...background), pixel(...background, style(node).color));
    if (found < ${LEAST_CONTRAST}) faint.push(node.tagName + " " + node.textContent.slice(0, 40) + " " + found.toFixed(2));
  }
  for (const tile of document.querySelectorAll("svg.drawing g")) {
    const rectangle = tile.querySelector("rect");
    for (const text of tile.querySelectorAll("text")) {
      if (!isShown(text)) continue;
      const fill = style(rectangle).fill;
      const found = contrast(pixel(fill), pixel(fill, style(text).fill));
      if (found < ${LEAST_CONTRAST}) faint.push("tile " + text.textContent + " " + found.toFixed(2));
    }
  }
  const spilt = [];
  for (const tile of document.querySelectorAll("svg.drawing g")) {
    const rectangle = tile.querySelector("rect").getBoundingClientRect();
    for (const text of tile.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.width > 0 && (box.right > rectangle.right + 0.5 || box.bottom > rectangle.bottom + 0.5)) spilt.push(text.textContent);
    }
  }
  const wide = [...document.querySelectorAll("main *")].filter((node) => {
    if (node.closest(".scroll") !== null && !node.matches(".scroll")) return false;
    return isShown(node) && node.getBoundingClientRect().right > innerWidth + 0.5;
  });
  return {
    width: document.documentElement.scrollWidth,
    viewport: innerWidth,
    wide: wide.map((node) => node.tagName + "." + node.getAttribute("class")),
    drawings: [...document.querySelectorAll("svg.drawing")].filter(isShown).map((node) => node.getAttribute("class")),
    texts: [...document.querySelectorAll("svg.drawing text")].filter(isShown).length,
    background: pixel(style(document.body).backgroundColor),
    sections: [...document.querySelectorAll("h2")].map((node) => node.textContent),
    scripts: document.scripts.length,
    faint, spilt,
  };
})()`;

export interface Seen {
  readonly width: number;
  readonly viewport: number;
  readonly wide: readonly string[];
  readonly drawings: readonly string[];
  readonly texts: number;
  readonly background: readonly number[];
  readonly sections: readonly string[];
  readonly scripts: number;
  readonly faint: readonly string[];
  readonly spilt: readonly string[];
}

export async function look(tab: Browser, file: string, how: Look): Promise<Seen> {
  await tab.open(file, how);
  return (await tab.evaluate(SEEN)) as Seen;
}

/** What the page asked for, and what the browser has against it. */
export function complaints({ events }: Browser): string[] {
  return events.flatMap(({ method, params }) => {
    if (
      method === "Log.entryAdded" ||
      method === "Runtime.exceptionThrown" ||
      method === "Runtime.consoleAPICalled"
    ) {
      return [JSON.stringify(params)];
    }
    const request = params["request"] as { url: string } | undefined;
    return method === "Network.requestWillBeSent" && params["type"] !== "Document"
      ? [`asks for ${request!.url}`]
      : [];
  });
}
