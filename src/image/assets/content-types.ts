/** What a file's name says of its content: media type, and whether it shrinks when it is compressed. */
import path from "node:path";

export interface ContentType {
  readonly type: string;
  readonly shrinks: boolean;
}

const TEXT = "; charset=utf-8";

/** By extension; texts are UTF-8. Of the others, those marked shrink: formats that are not compressed in themselves. */
const TEXTS: Readonly<Record<string, string>> = {
  css: "text/css",
  csv: "text/csv",
  htm: "text/html",
  html: "text/html",
  ics: "text/calendar",
  js: "text/javascript",
  json: "application/json",
  jsonld: "application/ld+json",
  map: "application/json",
  markdown: "text/markdown",
  md: "text/markdown",
  mjs: "text/javascript",
  svg: "image/svg+xml",
  txt: "text/plain",
  vtt: "text/vtt",
  webmanifest: "application/manifest+json",
  xhtml: "application/xhtml+xml",
  xml: "text/xml",
  yaml: "application/yaml",
  yml: "application/yaml",
  rss: "application/rss+xml",
  atom: "application/atom+xml",
};
const SHRINKING: Readonly<Record<string, string>> = {
  bmp: "image/bmp",
  eot: "application/vnd.ms-fontobject",
  ico: "image/x-icon",
  otf: "font/otf",
  ttf: "font/ttf",
  wasm: "application/wasm",
};
const DENSE: Readonly<Record<string, string>> = {
  "7z": "application/x-7z-compressed",
  aac: "audio/aac",
  apng: "image/apng",
  avif: "image/avif",
  br: "application/octet-stream",
  flac: "audio/flac",
  gif: "image/gif",
  gz: "application/gzip",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  m4a: "audio/mp4",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  ogv: "video/ogg",
  opus: "audio/ogg",
  pdf: "application/pdf",
  png: "image/png",
  tgz: "application/gzip",
  wav: "audio/wav",
  weba: "audio/webm",
  webm: "video/webm",
  webp: "image/webp",
  woff: "font/woff",
  woff2: "font/woff2",
  xz: "application/x-xz",
  zip: "application/zip",
  zst: "application/zstd",
};
/** As nginx calls what it does not know. */
const OTHER: ContentType = { type: "application/octet-stream", shrinks: true };

export function contentTypeOf(file: string): ContentType {
  const extension = path.extname(file).slice(1).toLowerCase();
  if (Object.hasOwn(TEXTS, extension)) return { type: TEXTS[extension]! + TEXT, shrinks: true };
  if (Object.hasOwn(SHRINKING, extension)) return { type: SHRINKING[extension]!, shrinks: true };
  if (Object.hasOwn(DENSE, extension)) return { type: DENSE[extension]!, shrinks: false };
  return OTHER;
}
