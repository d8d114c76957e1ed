/**
 * How an HTTP/1.1 server should take requests, as status codes seen from outside: the 33 situations that uNetworking's
 * h1spec describes, with requests of our own. It wants a server that answers every method, and echoes bodies.
 *
 * A request that could still become complete is waited for; anything else has a class of answers.
 */
export type Verdict = "waits" | readonly (readonly [least: number, most: number])[];

export interface SpecCase {
  readonly name: string;
  readonly request: string;
  readonly expected: Verdict;
}

const GOOD: Verdict = [[200, 299]];
const CLIENT: Verdict = [[400, 499]];
const REFUSED: Verdict = [[400, 599]];

/** Where one request is cut, and what it is cut in. */
const WHOLE = "GET /path HTTP/1.1\r\nHost: spec.example\r\n\r\n";
const CUTS: readonly (readonly [name: string, until: string])[] = [
  ["in the method", "GE"],
  ["before the target", "GET "],
  ["in the target", "GET /pa"],
  ["after the target", "GET /path "],
  ["in the version", "GET /path HTTP/1"],
  ["before the end of the request line", "GET /path HTTP/1.1"],
  ["in the end of the request line", "GET /path HTTP/1.1\r"],
  ["after the request line", "GET /path HTTP/1.1\r\n"],
  ["in a field's name", "GET /path HTTP/1.1\r\nHo"],
  ["before a field's value", "GET /path HTTP/1.1\r\nHost:"],
  ["after the blank before a value", "GET /path HTTP/1.1\r\nHost: "],
  ["in a field's value", "GET /path HTTP/1.1\r\nHost: spec"],
  ["in the end of a field", "GET /path HTTP/1.1\r\nHost: spec.example\r"],
  ["after a field", "GET /path HTTP/1.1\r\nHost: spec.example\r\n"],
  ["in the last line's end", "GET /path HTTP/1.1\r\nHost: spec.example\r\n\r"],
];

const get = (fields: string): string => `GET / HTTP/1.1\r\n${fields}\r\n`;
const HOST = "Host: spec.example\r\n";

const WHOLE_REQUESTS: readonly SpecCase[] = [
  { name: "a plain GET", request: get(HOST), expected: GOOD },
  {
    name: "a name in odd case, a tab, an empty value",
    request: get("hOST:\tspec.example\r\nx:\r\n"),
    expected: GOOD,
  },
  { name: "a value of a blank", request: get(`${HOST}X-Nothing: \r\n`), expected: GOOD },
  {
    name: "a POST with its body",
    request: `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nbody`,
    expected: GOOD,
  },
  {
    name: "a body in chunks",
    request: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
    expected: GOOD,
  },
  {
    name: "an expectation",
    request: get(`${HOST}Expect: 100-continue\r\n`),
    expected: [
      [100, 100],
      [200, 299],
    ],
  },
  { name: "no Host", request: get("Content-Length: 4\r\n"), expected: CLIENT },
  { name: "two Hosts", request: get(`${HOST}Host: other.example\r\n`), expected: CLIENT },
  { name: "a name that is no token", request: get(`${HOST}X(bad): 1\r\n`), expected: CLIENT },
  { name: "a control byte in a value", request: get(`${HOST}X: bell\x07\r\n`), expected: CLIENT },
  { name: "a negative length", request: get(`${HOST}Content-Length: -4\r\n`), expected: CLIENT },
  {
    name: "a negative length beyond 64 bits",
    request: get(`${HOST}Content-Length: -99999999999999999999999\r\n`),
    expected: CLIENT,
  },
  { name: "a length in letters", request: get(`${HOST}Content-Length: four\r\n`), expected: CLIENT },
  {
    name: "chunks and a length, in odd case",
    request: `POST / HTTP/1.1\r\n${HOST}tRANSFER-encoding: chunked\r\ncONTENT-length: 4\r\n\r\n`,
    expected: CLIENT,
  },
  {
    name: "a line that ends in CR alone",
    request: `GET / HTTP/1.1\r\n${HOST}\rX: 1\r\n\r\n`,
    expected: CLIENT,
  },
  { name: "no version", request: "GET / \r\n\r\n", expected: REFUSED },
  { name: "a version that does not exist", request: `GET / HTTP/7.3\r\n${HOST}\r\n`, expected: REFUSED },
  { name: "words before the request", request: `some words${get(HOST)}`, expected: REFUSED },
];

export const SPEC_CASES: readonly SpecCase[] = [
  ...CUTS.map(([name, until]): SpecCase => {
    if (!WHOLE.startsWith(until)) throw new Error(`"${until}" does not begin the request`);
    return { name: `a request cut ${name}`, request: until, expected: "waits" };
  }),
  ...WHOLE_REQUESTS,
];
