/**
 * `env.ASSETS`: the files of the image, as Workers have them. `fetch` answers as the kernel would: with conditions,
 * ranges, codings, and what it has for an address that leads nowhere.
 *
 * Tests:  tests/functional/assets.test.ts
 */
import { BodySource } from "./body-source.ts";
import type { Content } from "./body.ts";
import { headersFromLines, headersToLines } from "./headers.ts";
import { assetLook, assetRead, decodeLatin1 } from "./host.ts";
import { Request, type RequestInit } from "./request.ts";
import { type Response, responseOf } from "./response.ts";
import { URL } from "./url.ts";

/** Numbers of `src/abi/status.ts` and `AssetAnswer` of `src/abi/assets.ts`. */
const MISSING = -6;
const STATUS = 0;
const CONTENT_AT = 4;
const CONTENT_BYTES = 8;
const FIELDS = 12;

/** As much as one call gives; a content that is no larger is read at once. */
const PIECE_BYTES = 65536;
/** Of addresses without a host. */
const BASE = "http://assets";
const NULL_BODY_STATUSES = new Set([304]);

/** What is added to the environment: nothing where the image has no files. */
export function assetsBinding(): { ASSETS?: object } {
  return assetLook("") === MISSING ? {} : { ASSETS: { fetch: fetchAsset } };
}

async function fetchAsset(input: Request | string | URL, init?: RequestInit): Promise<Response> {
  const address = input instanceof Request ? input : new URL(String(input), BASE);
  const request = new Request(address, init);
  const { pathname, search } = new URL(request.url);
  const head = `${request.method} ${pathname}${search}\r\n${headersToLines(request.headers)}`;
  const found = assetLook(head);
  if (typeof found === "number") throw new TypeError(`ASSETS.fetch failed: the request is too large`);
  const answer = new DataView(found);
  const [status, at, size] = [STATUS, CONTENT_AT, CONTENT_BYTES].map((place) =>
    answer.getUint32(place, true),
  ) as [number, number, number];
  const headers = headersFromLines(decodeLatin1(new Uint8Array(found, FIELDS)));
  // To HEAD, the length of what GET would have, and none of it.
  const sent = request.method === "HEAD" ? 0 : size;
  if (!NULL_BODY_STATUSES.has(status)) headers.set("content-length", String(size));
  return responseOf({
    status,
    statusText: "",
    headers,
    url: request.url,
    isRedirected: false,
    content: NULL_BODY_STATUSES.has(status) ? null : contentAt(at, sent, size),
  });
}

/** `sent` of `size` bytes: a body that is shorter than its length says is one that is read. */
function contentAt(at: number, sent: number, size: number): Content {
  return sent === size && size <= PIECE_BYTES ? piece(at, size) : new AssetBody(at, sent);
}

function piece(at: number, size: number): Uint8Array {
  const bytes = assetRead(at, size);
  if (typeof bytes === "number") throw new TypeError(`An asset cannot be read: status ${bytes}`);
  return new Uint8Array(bytes);
}

/** A large content, read as it is asked for. */
class AssetBody extends BodySource {
  #at: number;
  #left: number;

  constructor(at: number, size: number) {
    super();
    this.#at = at;
    this.#left = size;
  }

  hasBody(): boolean {
    return true;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    const bytes = piece(this.#at, Math.min(this.#left, PIECE_BYTES));
    this.#at += bytes.length;
    this.#left -= bytes.length;
    return bytes;
  }

  cancel(): void {
    this.#left = 0;
  }

  protected get isEnded(): boolean {
    return true;
  }

  /** Nothing is written to a file. */
  protected take(): number {
    return -1;
  }
}
