/**
 * Requests for files: whatever stands in one, the answer is that of a reader of paths written anew here, nothing outside
 * the pack is read (`site.harness.ts`), and every field is one line.
 */
import assert from "node:assert/strict";
import { AssetKind } from "../src/abi/assets.ts";
import { addressesOf } from "../src/image/assets/addresses.ts";
import { FILES, Site, type Answer } from "../src/kernel/http/assets/site.harness.ts";
import type { FuzzTarget } from "./target.ts";

const PATHS = Object.keys(FILES).map((name) => `/${name}`);
/** What each address answers; paths as Latin-1 of their bytes. */
const STATUSES = new Map(
  addressesOf(PATHS, "auto-trailing-slash", "404-page")
    .filter(({ kind }) => kind === AssetKind.Path)
    .map(({ path, to }) => [Buffer.from(path).toString("latin1"), to.status] as const),
);
const CONDITIONAL = [200, 206, 304, 412, 416];

/** RFC 3986: 5.2.4 and 2.1. Undefined: broken, or above the root; null: no path of a table. */
function readPath(target: string): string | null | undefined {
  const whole = target.replace(/\?.*/s, "");
  const rest = whole.startsWith("/") ? whole.slice(1) : whole.split("/").slice(3).join("/");
  const parts: string[] = [];
  const segments = rest.split("/");
  let isNothing = false;
  for (const [index, segment] of segments.entries()) {
    if (/%(?![0-9a-fA-F]{2})|%00/.test(segment)) return undefined;
    const text = segment.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    isNothing ||= text.includes("/");
    const isLast = index === segments.length - 1;
    if (text === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (text !== ".") {
      parts.push(isLast ? text : `${text}/`);
    }
  }
  return isNothing ? null : `/${parts.join("")}`;
}

function expectedOf(method: string, target: string): readonly number[] {
  const path = readPath(target);
  if (path === undefined) return [400];
  if (!/^(get|head)$/i.test(method)) return [405];
  const status = path === null ? undefined : STATUSES.get(path);
  return status === undefined ? [404] : status === 200 ? CONDITIONAL : [status];
}

function checkFields({ status, lines, content }: Answer): void {
  for (const line of lines) assert.match(line, /^[A-Za-z-]+: [^\r\n]*$/);
  const range = /^content-range: bytes (\d+)-(\d+)\/(\d+)$/im.exec(lines.join("\n"));
  assert.equal(range !== null, status === 206);
  if (range === null) return;
  const [first, last, size] = range.slice(1).map(Number) as [number, number, number];
  assert.ok(first <= last && last < size);
  assert.equal(content.length, last - first + 1);
}

const latin = (...heads: string[]) => heads.map((head) => new Uint8Array(Buffer.from(head, "latin1")));
let site: Promise<Site> | undefined;

export const target: FuzzTarget = {
  name: "assets",
  corpus: latin(
    "GET / HTTP\r\n",
    "GET /plain.txt\r\nRange: bytes=2-4\r\n",
    "GET /a%20b/%C3%BC.txt?x\r\nAccept-Encoding: br;q=0.5, gzip\r\n",
    'HEAD /blog/../about\r\nIf-None-Match: "a", W/"b"\r\n',
    'GET http://host/./blog/\r\nIf-Match: *\r\nIf-Range: "x"\r\n',
    "GET /%2e%2e/%2f/..//x\r\nrange: bytes=-3\r\nRANGE: bytes=1-\r\n",
    "POST /blog/index.html?a=b\r\nAccept-Encoding: *;q=0, identity\r\n",
  ),
  async run(input) {
    site ??= Site.of(FILES);
    const answer = (await site).askBytes(input);
    if (answer === undefined) return;
    const [, method, asked] = /^([^ ]*) ([^\r]*)/s.exec(Buffer.from(input).toString("latin1"))!;
    assert.ok(expectedOf(method!, asked!).includes(answer.status), `${answer.status} for ${asked}`);
    checkFields(answer);
  },
};
