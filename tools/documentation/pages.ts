/** The repository's Markdown as data: links, headings, and what is code. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface Page {
  /** From the repository's root. */
  readonly file: string;
  readonly text: string;
}

export interface Code {
  /** Of a fenced block; undefined where code stands within text. */
  readonly language: string | undefined;
  readonly code: string;
}

const LEFT_OUT = new Set(["node_modules", "dist", ".git", ".cache", "found"]);
const FENCE = /^```(\w*)\n([^]*?)^```$/gm;

export function pagesOf(root: string): Page[] {
  const pages: Page[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) walk(file);
      else if (entry.isFile() && entry.name.endsWith(".md")) {
        pages.push({ file, text: readFileSync(path.join(root, file), "utf8") });
      }
    }
  };
  walk("");
  return pages;
}

/** Fenced blocks, then what stands between backticks. */
export function codeOf(text: string): Code[] {
  const blocks = [...text.matchAll(FENCE)].map(([, language, code]) => ({
    language: language!,
    code: code!,
  }));
  const within = [...text.replaceAll(FENCE, "").matchAll(/`([^`\n]+)`/g)];
  return [...blocks, ...within.map(([, code]) => ({ language: undefined, code: code! }))];
}

/** Those that lead into the repository; pictures, too. */
export function linksOf(text: string): string[] {
  const prose = text.replaceAll(FENCE, "").replaceAll(/`[^`\n]*`/g, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g), ...prose.matchAll(/\bsrc="([^"]+)"/g)];
  return links.map((match) => match[1]!).filter((link) => !/^[a-z]+:/.test(link));
}

/** Of headings, as GitHub names them. */
export function anchorsOf(text: string): string[] {
  return [...text.replaceAll(FENCE, "").matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}
