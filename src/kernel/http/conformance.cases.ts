/**
 * Requests as they should be read: each with what an app sees of it, or the status that refuses it.
 *
 * An accepted request is written `METHOD target body`, several joined by " | ". A number is the status of the
 * refusal, after which the stream ends. `WAITS` is a request that could still become complete.
 * The refusals are those of RFC 9112 and of strict parsers in wide use; what is ambiguous must never be guessed.
 */
export const WAITS = "waits";

export type Expected = number | string;
export type Case = readonly [name: string, raw: string, expected: Expected];

const HOST = "Host: a\r\n";
const get = (fields: string): string => `GET / HTTP/1.1\r\n${fields}\r\n`;
const post = (fields: string, body: string): string => `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
const chunked = (body: string): string => post("Transfer-Encoding: chunked\r\n", body);
const OK_GET = "GET / ";

/** RFC 9112 section 3 */
export const REQUEST_LINES: readonly Case[] = [
  ["a plain request", get(HOST), OK_GET],
  ["a query", `GET /a?b=c&d="e"|f HTTP/1.1\r\n${HOST}\r\n`, 'GET /a?b=c&d="e"|f '],
  ["an absolute target", `GET http://a:80/b?c HTTP/1.1\r\n${HOST}\r\n`, "GET http://a:80/b?c "],
  ["the asterisk of OPTIONS", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, "OPTIONS * "],
  ["an asterisk with another method", `GET * HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a relative target", `GET a/b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["an authority without CONNECT", `GET a:80 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["CONNECT", `CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`, 501],
  ["a method of its own", `MKCOLA / HTTP/1.1\r\n${HOST}\r\n`, "MKCOLA / "],
  ["a method with a hyphen", `M-SEARCH / HTTP/1.1\r\n${HOST}\r\n`, "M-SEARCH / "],
  ["a method in lower case is another method", `get / HTTP/1.1\r\n${HOST}\r\n`, "get / "],
  ["a method that is no token", `G@T / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a method in quotes", `"GET" / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a method that never ends", `${"A".repeat(40)} / HTTP/1.1\r\n${HOST}\r\n`, 501],
  ["no method", ` / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["no target", `GET HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["no version", `GET /\r\n${HOST}\r\n`, 400],
  ["two spaces after the method", `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["two spaces after the target", `GET /  HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a tab between", `GET\t/ HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a space in the target", `GET /a b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a space at the end", `GET / HTTP/1.1 \r\n${HOST}\r\n`, 400],
  ["a byte beyond ASCII in the target", `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a control byte in the target", `GET /a\x01b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a NUL in the target", `GET /a\0b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["DEL in the target", `GET /a\x7fb HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target at the limit", `GET /${"a".repeat(8191)} HTTP/1.1\r\n${HOST}\r\n`, `GET /${"a".repeat(8191)} `],
  ["a target over the limit", `GET /${"a".repeat(8192)} HTTP/1.1\r\n${HOST}\r\n`, 414],
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", OK_GET],
  ["HTTP/2.0", `GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["HTTP/0.9", `GET / HTTP/0.9\r\n${HOST}\r\n`, 505],
  ["HTTP/1.2", `GET / HTTP/1.2\r\n${HOST}\r\n`, 505],
  ["HTTP/5.6", `GET / HTTP/5.6\r\n${HOST}\r\n`, 505],
  ["a version of three digits", `GET / HTTP/1.11\r\n${HOST}\r\n`, 400],
  ["a version without a dot", `GET / HTTP/11\r\n${HOST}\r\n`, 400],
  ["a version in lower case", `GET / http/1.1\r\n${HOST}\r\n`, 400],
  ["another protocol", `GET / ICE/1.0\r\n${HOST}\r\n`, 400],
  ["a protocol that ends as ours", `GET / IHTTP/1.0\r\n${HOST}\r\n`, 400],
  ["RTSP", `PUT / RTSP/1.0\r\n${HOST}\r\n`, 400],
  ["a bare LF after the line", `GET / HTTP/1.1\n${HOST}\r\n`, 400],
  ["two bare LFs after the line", `GET / HTTP/1.1\n\n${HOST}\r\n`, 400],
  ["a bare CR after the line", `GET / HTTP/1.1\r${HOST}\r\n`, 400],
  ["CR without LF and a field", "GET / HTTP/1.1\rLine: 1\r\n\r\n", 400],
  ["one empty line before", `\r\n${get(HOST)}`, OK_GET],
  ["two empty lines before", `\r\n\r\n${get(HOST)}`, OK_GET],
  ["three empty lines before", `\r\n\r\n\r\n${get(HOST)}`, 400],
  ["a bare LF before", `\n${get(HOST)}`, 400],
  ["a bare CR before", `\r${get(HOST)}`, 400],
  ["a space before", ` ${get(HOST)}`, 400],
  ["TLS instead of HTTP", "\x16\x03\x01\x02\x00\x01\x00", 400],
  ["only the request line", "GET / HTTP/1.1\r\n", WAITS],
];

/** RFC 9112 section 5 */
export const FIELDS: readonly Case[] = [
  ["an empty value", get(`${HOST}X:\r\n`), OK_GET],
  ["blanks around a value", get(`${HOST}X: \t b \t \r\n`), OK_GET],
  ["a tab within a value", get(`${HOST}X: a\tb\r\n`), OK_GET],
  ["bytes beyond ASCII in a value", get(`${HOST}X: \xff\x80\r\n`), OK_GET],
  ["every token character in a name", get(`${HOST}!#$%&'*+-.^_\`|~09azAZ: 1\r\n`), OK_GET],
  ["a space before the colon", get(`${HOST}X : 1\r\n`), 400],
  ["a tab before the colon", get(`${HOST}X\t: 1\r\n`), 400],
  ["a space in the name", get(`${HOST}X Y: 1\r\n`), 400],
  ["no colon", get(`${HOST}X\r\n`), 400],
  ["no name", get(`${HOST}: 1\r\n`), 400],
  ["a bad name", get(`${HOST}Fo@: 1\r\n`), 400],
  ["a name with a control byte", get(`${HOST}Fo\x01o: 1\r\n`), 400],
  ["a name with a byte beyond ASCII", get(`${HOST}Fo\xe9: 1\r\n`), 400],
  ["a name broken by CR", get(`${HOST}Connection\r\x1b5\xd5eep-Alive\r\nX: 1\r\n`), 400],
  ["a folded line", get(`${HOST}X: a\r\n b\r\n`), 400],
  ["a folded line with a tab", get(`${HOST}X: a\r\n\tb\r\n`), 400],
  ["a folded name", get(`${HOST}X\r\n : b\r\n`), 400],
  ["a fold before the first field", `GET / HTTP/1.1\r\n ${HOST}\r\n`, 400],
  ["a hidden length behind a fold", `POST / HTTP/1.1\r\n${HOST}X: a\r\n Content-Length: 38\r\n\r\n`, 400],
  ["a NUL in a value", get(`${HOST}X: a\0b\r\n`), 400],
  ["a control byte in a value", get(`${HOST}X: a\x0bb\r\n`), 400],
  ["DEL in a value", get(`${HOST}X: a\x7fb\r\n`), 400],
  ["a bare CR in a value", get(`${HOST}X: 1\rY: 2\r\n`), 400],
  ["a bare LF ends a field", get(`${HOST}X: 1\nY: 2\r\n`), 400],
  [
    "a field hidden behind a bare LF",
    post("x:x\nTransfer-Encoding: chunked\r\n", "1\r\nA\r\n0\r\n\r\n"),
    400,
  ],
  ["a field hidden behind a bare CR", post("x:\rTransfer-Encoding: chunked\r\n", "1\r\nA\r\n0\r\n\r\n"), 400],
  ["bare LFs everywhere", "POST / HTTP/1.1\nHost: a\n\n", 400],
  [
    "a bare CR before the empty line",
    "GET / HTTP/1.1\r\nHost: a\r\n\rZGET /evil HTTP/1.1\r\nHost: a\r\n\r\n",
    400,
  ],
  ["a bare LF as the empty line", `GET / HTTP/1.1\r\n${HOST}\n`, 400],
  ["two bare LFs after a value", get(`${HOST}X: 1\n\nY: 2\r\n`), 400],
  ["a NUL in the place of CR", get(`${HOST}X: 1\0\nY: 2\r\n`), 400],
  ["one hundred fields", get(HOST + "X: 1\r\n".repeat(99)), OK_GET],
  ["one hundred and one fields", get(HOST + "X: 1\r\n".repeat(100)), 431],
  ["a head at the limit", get(`${HOST}X: ${"a".repeat(16384 - 32)}\r\n`), OK_GET],
  ["a head over the limit", get(`${HOST}X: ${"a".repeat(16384 - 31)}\r\n`), 431],
  ["a field that never ends", `GET / HTTP/1.1\r\nX: ${"a".repeat(17000)}`, 431],
  ["a name that never ends", `GET / HTTP/1.1\r\n${"a".repeat(17000)}`, 431],
];

/** RFC 9112 section 3.2 */
export const HOSTS: readonly Case[] = [
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\nX: 1\r\n\r\n", OK_GET],
  ["two Hosts", get("Host: a\r\nHost: a\r\n"), 400],
  ["two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400],
  ["an empty Host", get("Host:\r\n"), OK_GET],
  ["a port", get("HOST: a.example:8080\r\n"), OK_GET],
  ["an IPv6 address", get("Host: [2001:db8::1]:80\r\n"), OK_GET],
  ["an underscore", get("Host: a_b\r\n"), OK_GET],
  ["a space in Host", get("Host: a b\r\n"), 400],
  ["a path in Host", get("Host: a/b\r\n"), 400],
  ["user information in Host", get("Host: u@a\r\n"), 400],
  ["a query in Host", get("Host: a?b\r\n"), 400],
];

/** RFC 9112 sections 6.2 and 6.3 */
export const LENGTHS: readonly Case[] = [
  ["a body", post("Content-Length: 3\r\n", "abc"), "POST / abc"],
  ["a body of nothing", post("Content-Length: 0\r\n", ""), "POST / "],
  ["leading zeros", post("Content-Length: 003\r\n", "abc"), "POST / abc"],
  ["a name in odd case", post("conTENT-Length: 5\r\n", "HELLO"), "POST / HELLO"],
  ["blanks around the length", post("Content-Length: \t 3 \t\r\n", "abc"), "POST / abc"],
  ["a body of a GET", `GET / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`, "GET / abc"],
  ["a body in HTTP/1.0", "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "POST / abc"],
  ["a body that is not all there", post("Content-Length: 4\r\n", "abc"), WAITS],
  ["an empty length", post("Content-Length:\r\n", ""), 400],
  ["a negative length", post("Content-Length: -1\r\n", ""), 400],
  ["a signed length", post("Content-Length: +3\r\n", "abc"), 400],
  ["a hexadecimal length", post("Content-Length: 0x3\r\n", "abc"), 400],
  ["a fraction", post("Content-Length: 3.0\r\n", "abc"), 400],
  ["a length that overflows", post("Content-Length: 1000000000000000000000\r\n", ""), 400],
  ["a length of 2^64 and 3", post("Content-Length: 18446744073709551619\r\n", "abc"), 400],
  ["two numbers", post("Content-Length: 4 2\r\n", "abcd"), 400],
  ["two differing lengths", post("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), 400],
  ["two equal lengths", post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), 400],
  ["a list of lengths", post("Content-Length: 1, 1\r\n", "a"), 400],
  ["letters", post("Content-Length: abc\r\n", "abc"), 400],
  ["a space before the colon of a length", post("Content-Length : 3\r\n", "abc"), 400],
  ["CR in the name", post("Content\rLength: 3\r\n", "abc"), 400],
  ["no empty line before the body", `PUT / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\rabc`, 400],
  ["a length and a coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400],
  ["a coding and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400],
  ["a length and identity", post("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "World"), 400],
  ["a length and empty codings", post("Content-Length: 5\r\nTransfer-Encoding:\r\n", "World"), 400],
];

/** RFC 9112 section 6.1 */
export const CODINGS: readonly Case[] = [
  ["chunked", chunked("3\r\nabc\r\n0\r\n\r\n"), "POST / abc"],
  ["chunked in odd case", post("transfer-encoding: Chunked\r\n", "0\r\n\r\n"), "POST / "],
  ["chunked with blanks around", post("Transfer-Encoding:  chunked\t \r\n", "0\r\n\r\n"), "POST / "],
  ["an unknown coding", post("Transfer-Encoding: pigeons\r\n", ""), 400],
  ["identity", post("Transfer-Encoding: identity\r\n", ""), 400],
  ["an empty coding", post("Transfer-Encoding:\r\n", ""), 400],
  ["chunked not last", post("Transfer-Encoding: chunked, deflate\r\n", ""), 400],
  [
    "chunked not last on two lines",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: deflate\r\n", ""),
    400,
  ],
  ["chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", ""), 400],
  [
    "chunked twice on two lines",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""),
    400,
  ],
  ["chunked and a comma", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), "POST / "],
  ["another coding under chunked", post("Transfer-Encoding: gzip, chunked\r\n", ""), 501],
  [
    "another coding under chunked on two lines",
    post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", ""),
    501,
  ],
  ["a word that holds chunked twice", post("Transfer-Encoding: chunkedchunked\r\n", ""), 400],
  ["chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", ""), 400],
  ["chunked in quotes", post('Transfer-Encoding: "chunked"\r\n', ""), 400],
  ["chunked behind a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n", ""), 400],
  ["a fold behind chunked", post("Transfer-Encoding: chunked\r\n abc\r\n", ""), 400],
  ["chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
];

/** RFC 9112 section 7.1 */
export const CHUNKS: readonly Case[] = [
  [
    "sizes in both cases",
    chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
    "POST / 01234567890123456789",
  ],
  ["zeros before a size", chunked("0003\r\nabc\r\n000\r\n\r\n"), "POST / abc"],
  ["trailers", chunked("3\r\nabc\r\n0\r\nVary: *\r\nX:\r\nContent-Type: text/plain\r\n\r\n"), "POST / abc"],
  ["extensions", chunked('3;a;b=c;d="e \\" f;\t\xff"\r\nabc\r\n0;x\r\n\r\n'), "POST / abc"],
  ["no last chunk", chunked("3\r\nabc\r\n"), WAITS],
  ["no size", chunked("\r\nabc\r\n0\r\n\r\n"), 400],
  ["a size that is none", chunked("g\r\nabc\r\n"), 400],
  ["a negative size", chunked("-3\r\nabc\r\n"), 400],
  ["a size with 0x", chunked("0x3\r\nabc\r\n"), 400],
  ["a size that overflows", chunked("10000000000000000\r\nabc\r\n"), 400],
  ["a size of 2^64 and 3", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"), 400],
  ["a space after the size", chunked("3 \r\nabc\r\n0\r\n\r\n"), 400],
  ["a space before the size", chunked(" 3\r\nabc\r\n0\r\n\r\n"), 400],
  ["words after the size", chunked("3 abc\r\nabc\r\n0\r\n\r\n"), 400],
  ["an empty extension", chunked("3;\r\nabc\r\n0\r\n\r\n"), 400],
  ["an extension without a value", chunked("3;a=\r\nabc\r\n0\r\n\r\n"), 400],
  ["an open quote", chunked('3;a="b\r\nabc\r\n0\r\n\r\n'), 400],
  ["a control byte in an extension", chunked('3;a="\x01"\r\nabc\r\n'), 400],
  ["a bare LF after the size", chunked("3\nabc\r\n0\r\n\r\n"), 400],
  ["a bare CR after the size", chunked("5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n"), 400],
  ["a bare LF in an extension", chunked("3;a\nb\r\nabc\r\n0\r\n\r\n"), 400],
  ["content longer than its size", chunked("3\r\nabcd\r\n0\r\n\r\n"), 400],
  ["content that ends in a bare LF", chunked("3\r\nabc\n0\r\n\r\n"), 400],
  ["content without an end", chunked("3\r\nabc0\r\n\r\n"), 400],
  ["a trailer without a colon", chunked("0\r\nabc\r\n\r\n"), 400],
  ["a folded trailer", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400],
  ["a bare LF in a trailer", chunked("0\r\nA: b\nC: d\r\n\r\n"), 400],
  ["a bare LF at the end", chunked("0\r\n\n"), 400],
  ["too long an extension", chunked(`3;${"a".repeat(17000)}\r\nabc\r\n0\r\n\r\n`), 400],
  ["too many trailers", chunked(`0\r\n${"A: b\r\n".repeat(3000)}\r\n`), 400],
  ["a size of a thousand zeros", chunked(`${"0".repeat(17000)}3\r\nabc\r\n0\r\n\r\n`), 400],
];

/** RFC 9112 section 9.3, RFC 9110 section 10.1.1 */
export const SEQUENCES: readonly Case[] = [
  ["two requests", get(HOST) + `GET /2 HTTP/1.1\r\n${HOST}\r\n`, "GET /  | GET /2 "],
  ["a body and a request", post("Content-Length: 3\r\n", "abc") + get(HOST), "POST / abc | GET / "],
  ["chunks and a request", chunked("1\r\na\r\n0\r\n\r\n") + get(HOST), "POST / a | GET / "],
  [
    "an empty line between requests",
    `${post("Content-Length: 4\r\n", "q=42")}\r\n${get(HOST)}`,
    "POST / q=42 | GET / ",
  ],
  ["nothing follows close", get(`${HOST}Connection: close\r\n`) + get(HOST), OK_GET],
  ["close with a tab", get(`${HOST}Connection: close\t\r\n`) + get(HOST), OK_GET],
  ["close among others", get(`${HOST}Connection: x, Close ,keep-alive\r\n`) + get(HOST), OK_GET],
  ["close on a second line", get(`${HOST}Connection: x\r\nConnection: close\r\n`) + get(HOST), OK_GET],
  ["keep-alive in HTTP/1.1", get(`${HOST}Connection: keep-alive\r\n`) + get(HOST), "GET /  | GET / "],
  ["nothing follows in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n" + get(HOST), OK_GET],
  [
    "keep-alive in HTTP/1.0",
    "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + get(HOST),
    "GET /  | GET / ",
  ],
  ["keep-alive broken by CR", get(`${HOST}Connection: keep\ralive\r\n`), 400],
  [
    "an upgrade that is not taken",
    get(`${HOST}Connection: upgrade\r\nUpgrade: ws\r\n`) + get(HOST),
    "GET /  | GET / ",
  ],
  ["a length that holds another request", post("Content-Length: 27\r\n", get(HOST)), `POST / ${get(HOST)}`],
  ["another expectation", post("Expect: wonders\r\nContent-Length: 1\r\n", "a"), 417],
  ["a good request before a bad one", get(HOST) + "BAD\r\n\r\n", 400],
];

export const CASES: readonly Case[] = [
  ...REQUEST_LINES,
  ...FIELDS,
  ...HOSTS,
  ...LENGTHS,
  ...CODINGS,
  ...CHUNKS,
  ...SEQUENCES,
];
