/**
 * A second reader of requests and responses: regular expressions after the RFCs' grammar, and their rules about fields,
 * with nothing in common with the kernel's. It knows whole messages only, and not why one is refused.
 *
 * Where the kernel is stricter than a grammar, so is this: no blanks in a chunk line, no fragment, no escaped host.
 */
import net from "node:net";

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const TEXT = "\\t\\x20-\\x7e\\x80-\\xff";
const QUOTED = `"(?:[\\t\\x20!#-\\[\\]-\\x7e\\x80-\\xff]|\\\\[${TEXT}])*"`;
const REQUEST_LINE = new RegExp(`^(?:\\r\\n){0,2}(${TOKEN}) ([!"$-~]+) HTTP/1\\.([01])\\r\\n`);
const STATUS_LINE = new RegExp(`^HTTP/1\\.([01]) ([1-5][0-9][0-9])(?: [${TEXT}]*)?\\r\\n`);
const FIELD = new RegExp(`^(${TOKEN}):[ \\t]*([${TEXT}]*?)[ \\t]*\\r\\n`);
const CHUNK_LINE = new RegExp(`^([0-9A-Fa-f]+)(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*\\r\\n`);
const TRAILERS = new RegExp(`^(?:${TOKEN}:[${TEXT}]*\\r\\n)*\\r\\n`);
const AUTHORITY = /^(\[[^\]]*\]|[A-Za-z0-9!$&'()*+,;=\-._~]*)(?::([0-9]{0,18}))?$/;
const LENGTH = /^[0-9]{1,18}$/;
const METHOD_LIMIT = 32;
const LAST_PORT = 65535;
const INTERIM_LIMIT = 8;

/** The fields of a head and what follows it. */
interface Fields {
  readonly rest: string;
  /** The values of a name, and the elements of all of them. */
  all(name: string): readonly string[];
  list(name: string): readonly string[];
}

function readFields(text: string): Fields | undefined {
  const fields: (readonly [string, string])[] = [];
  let rest = text;
  while (!rest.startsWith("\r\n")) {
    const found = FIELD.exec(rest);
    if (found === null) return undefined;
    fields.push([found[1]!.toLowerCase(), found[2]!]);
    rest = rest.slice(found[0].length);
  }
  const all = (name: string): readonly string[] =>
    fields.filter(([other]) => other === name).map(([, value]) => value);
  const elements = (value: string): string[] =>
    value.split(",").map((element) => element.replace(/^[ \t]+|[ \t]+$/g, "").toLowerCase());
  return { rest: rest.slice(2), all, list: (name) => all(name).flatMap(elements) };
}

/** RFC 9112 section 6: no length but one, no coding but chunked, and not both. */
function isFramed(fields: Fields, isOld: boolean): boolean {
  const lengths = fields.all("content-length");
  if (lengths.length > 1 || !lengths.every((length) => LENGTH.test(length))) return false;
  if (fields.all("transfer-encoding").length === 0) return true;
  return !isOld && lengths.length === 0 && fields.list("transfer-encoding").join() === "chunked";
}

/** The host in lower case. */
function hostOf(authority: string): string | undefined {
  const found = AUTHORITY.exec(authority);
  if (found === null) return undefined;
  const host = found[1]!;
  const port = found[2];
  if (port !== undefined && (host === "" || Number(port) > LAST_PORT)) return undefined;
  if (host.startsWith("[") && (!net.isIPv6(host.slice(1, -1)) || host.includes("%"))) return undefined;
  return host.toLowerCase();
}

function isTargetGood(method: string, target: string, hosts: readonly string[]): boolean {
  if (target === "*") return method === "OPTIONS";
  if (target.startsWith("/")) return true;
  const found = /^https?:\/\/([^/?]*)/i.exec(target);
  const host = found === null ? undefined : hostOf(found[1]!);
  return host !== undefined && host !== "" && (hosts.length === 0 || hostOf(hosts[0]!) === host);
}

/** Whether a whole head of a request begins here, and a server has to take it. */
export function isRequest(text: string): boolean {
  const line = REQUEST_LINE.exec(text);
  if (line === null) return false;
  const fields = readFields(text.slice(line[0].length));
  if (fields === undefined) return false;
  const [, method = "", target = "", minor] = line;
  const isOld = minor === "0";
  const hosts = fields.all("host");
  if (method.length > METHOD_LIMIT || method === "CONNECT") return false;
  if (hosts.length > 1 || (hosts.length === 0 && !isOld)) return false;
  if (!hosts.every((host) => hostOf(host) !== undefined)) return false;
  if (!isTargetGood(method, target, hosts) || !isFramed(fields, isOld)) return false;
  return fields.all("expect").every((expectation) => expectation.toLowerCase() === "100-continue");
}

/** The content of a whole body in chunks and what follows it. */
export function readChunks(text: string): { content: string; rest: string } | undefined {
  let content = "";
  for (let rest = text; ;) {
    const line = CHUNK_LINE.exec(rest);
    if (line === null) return undefined;
    const size = BigInt(`0x${line[1]!}`);
    rest = rest.slice(line[0].length);
    if (size === 0n) {
      const trailers = TRAILERS.exec(rest);
      return trailers === null ? undefined : { content, rest: rest.slice(trailers[0].length) };
    }
    if (size > BigInt(rest.length) || !rest.startsWith("\r\n", Number(size))) return undefined;
    content += rest.slice(0, Number(size));
    rest = rest.slice(Number(size) + 2);
  }
}

/**
 * What becomes of a server's bytes up to the end of its stream, in the words of `client/conformance.cases.ts`; undefined:
 * some failure.
 */
export function readResponse(text: string): string | undefined {
  let rest = text;
  for (let interims = 0; interims <= INTERIM_LIMIT; interims++) {
    const line = STATUS_LINE.exec(rest);
    const fields = line === null ? undefined : readFields(rest.slice(line[0].length));
    if (line === null || fields === undefined) return undefined;
    const status = Number(line[2]);
    const isOld = line[1] === "0";
    if (!isFramed(fields, isOld) || status === 101) return undefined;
    if (status >= 200) return readBody(status, isOld, fields);
    rest = fields.rest;
  }
  return undefined;
}

function readBody(status: number, isOld: boolean, fields: Fields): string | undefined {
  const [length] = fields.all("content-length");
  const isChunked = fields.all("transfer-encoding").length !== 0;
  const options = fields.list("connection");
  let keeps = !options.includes("close") && (!isOld || options.includes("keep-alive"));
  let { rest } = fields;
  let content = "";
  if (status === 204 || status === 304) {
    if (status === 204 && (isChunked || BigInt(length ?? 0) !== 0n)) keeps = false;
  } else if (isChunked) {
    const chunks = readChunks(rest);
    if (chunks === undefined) return undefined;
    ({ content, rest } = chunks);
  } else if (length === undefined) {
    content = rest;
    rest = "";
    keeps = false;
  } else {
    if (BigInt(length) > BigInt(rest.length)) return undefined;
    content = rest.slice(0, Number(length));
    rest = rest.slice(Number(length));
  }
  return `${status} ${content}${keeps && rest === "" ? " +" : ""}`;
}
