/**
 * What servers may answer to `GET /`, as bytes, and what becomes of it: `status body`, `+` where the stream is kept for
 * another request, or the name of a `Failure`. Most of these are written after RFC 9112; what two readers could read in
 * two ways fails.
 *
 * Each is sent whole and the stream ended, unless it is kept.
 */
export type Case = readonly [name: string, raw: string, expected: string];

const head = (...fields: string[]): string =>
  `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
const chunked = (body: string): string => `${head("Transfer-Encoding: chunked")}${body}`;

export const CASES: readonly Case[] = [
  // Status lines
  ["a length", `${head("Content-Length: 5")}hello`, "200 hello +"],
  ["no reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200  +"],
  ["no reason and no blank", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200  +"],
  ["an unknown status", "HTTP/1.1 299 \r\nContent-Length: 1\r\n\r\na", "299 a +"],
  ["a reason beyond ASCII", "HTTP/1.1 200 \xe4\r\nContent-Length: 0\r\n\r\n", "200  +"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", "Malformed"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "Malformed"],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n", "Malformed"],
  ["a status above 599", "HTTP/1.1 600 OK\r\n\r\n", "Malformed"],
  ["a status that is no number", "HTTP/1.1 2x0 OK\r\n\r\n", "Malformed"],
  ["another version", "HTTP/2.0 200 OK\r\n\r\n", "Malformed"],
  ["version 1.2", "HTTP/1.2 200 OK\r\n\r\n", "Malformed"],
  ["version 0.9", "<html>hello</html>", "Malformed"],
  ["another protocol", "SSH-2.0-OpenSSH\r\n", "Malformed"],
  ["lower case", "http/1.1 200 OK\r\n\r\n", "Malformed"],
  ["two blanks", "HTTP/1.1  200 OK\r\n\r\n", "Malformed"],
  ["an empty line before", "\r\nHTTP/1.1 200 OK\r\n\r\n", "Malformed"],
  ["a bare LF after the status line", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "Malformed"],
  ["a bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", "Malformed"],
  ["a NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n", "Malformed"],
  // Fields
  ["blanks around a value", `${head("Content-Length:\t 5 \t")}hello`, "200 hello +"],
  ["an empty value", `${head("X:", "Content-Length: 0")}`, "200  +"],
  ["a bare LF after a field", "HTTP/1.1 200 OK\r\nX: y\nContent-Length: 0\r\n\r\n", "Malformed"],
  ["a bare CR in a value", head("X: a\rb"), "Malformed"],
  ["a NUL in a value", head("X: a\0b"), "Malformed"],
  ["a blank before the colon", head("X : y"), "Malformed"],
  ["a folded line", head("X: a\r\n b"), "Malformed"],
  ["no colon", head("X"), "Malformed"],
  ["no name", head(": x"), "Malformed"],
  ["a name beyond tokens", head("X\xe4: y"), "Malformed"],
  ["CR CR LF", "HTTP/1.1 200 OK\r\n\r\r\n", "Malformed"],
  ["a hundred fields", `${head(...Array<string>(99).fill("X: y"), "Content-Length: 0")}`, "200  +"],
  ["a hundred and one fields", head(...Array<string>(101).fill("X: y")), "HeadTooLarge"],
  ["a head of 16 KiB", head(`X: ${"y".repeat(16_400)}`), "HeadTooLarge"],
  ["an endless field name", `HTTP/1.1 200 OK\r\n${"x".repeat(20_000)}`, "HeadTooLarge"],
  ["an endless reason", `HTTP/1.1 200 ${"x".repeat(20_000)}`, "HeadTooLarge"],
  // Lengths
  ["no length: to the end", `${head()}hello`, "200 hello"],
  ["no length and nothing", head(), "200 "],
  ["a length with a sign", `${head("Content-Length: +5")}hello`, "Malformed"],
  ["a negative length", `${head("Content-Length: -1")}`, "Malformed"],
  ["a length in hexadecimal", `${head("Content-Length: 0x5")}hello`, "Malformed"],
  ["an empty length", `${head("Content-Length:")}`, "Malformed"],
  ["a list of lengths", `${head("Content-Length: 5, 5")}hello`, "Malformed"],
  ["two lengths", `${head("Content-Length: 5", "Content-Length: 6")}hello`, "Malformed"],
  ["the same length twice", `${head("Content-Length: 5", "Content-Length: 5")}hello`, "Malformed"],
  ["a length of nineteen digits", `${head("Content-Length: 1000000000000000000")}`, "Malformed"],
  ["a length that is not reached", `${head("Content-Length: 6")}hello`, "Cut"],
  ["more than the length", `${head("Content-Length: 4")}hello`, "200 hell"],
  [
    "a response behind the response",
    `${head("Content-Length: 2")}ok${head("Content-Length: 4")}evil`,
    "200 ok",
  ],
  // Chunks
  ["chunks", chunked("5\r\nhello\r\n1;a=b\r\n!\r\n0\r\n\r\n"), "200 hello! +"],
  ["chunks with trailers", chunked("2\r\nok\r\n0\r\nX: y\r\n\r\n"), "200 ok +"],
  ["no chunks", chunked("0\r\n\r\n"), "200  +"],
  ["a bad size", chunked("g\r\n"), "Malformed"],
  ["an empty size", chunked("\r\n"), "Malformed"],
  ["a size with a sign", chunked("+2\r\nok\r\n0\r\n\r\n"), "Malformed"],
  ["a size beyond 64 bits", chunked("10000000000000000\r\n"), "Malformed"],
  ["a size with a blank", chunked("2 \r\nok\r\n0\r\n\r\n"), "Malformed"],
  ["a chunk that is longer than said", chunked("2\r\nokay\r\n0\r\n\r\n"), "Malformed"],
  ["a chunk with a bare LF", chunked("2\nok\n0\n\n"), "Malformed"],
  ["chunks that are cut", chunked("5\r\nhel"), "Cut"],
  ["chunks without the last", chunked("2\r\nok\r\n"), "Cut"],
  ["endless chunk extensions", chunked(`2;${"x".repeat(20_000)}`), "Malformed"],
  ["endless trailers", chunked(`0\r\n${"X: y\r\n".repeat(4000)}`), "Malformed"],
  ["a broken trailer", chunked("0\r\nX y\r\n\r\n"), "Malformed"],
  ["chunks and a length", `${head("Transfer-Encoding: chunked", "Content-Length: 5")}0\r\n\r\n`, "Malformed"],
  ["a length and chunks", `${head("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`, "Malformed"],
  ["chunked twice", `${head("Transfer-Encoding: chunked, chunked")}0\r\n\r\n`, "Malformed"],
  [
    "chunked in two lines",
    `${head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")}0\r\n\r\n`,
    "Malformed",
  ],
  ["a coding we did not ask for", `${head("Transfer-Encoding: gzip, chunked")}0\r\n\r\n`, "Malformed"],
  ["identity", `${head("Transfer-Encoding: identity")}hello`, "Malformed"],
  ["an empty coding", `${head("Transfer-Encoding:")}hello`, "Malformed"],
  ["chunks of HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Malformed"],
  // Responses without a body, and interim ones
  ["204", "HTTP/1.1 204 No Content\r\n\r\n", "204  +"],
  ["204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204  +"],
  ["204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "204 "],
  ["304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304  +"],
  ["100 before", `HTTP/1.1 100 Continue\r\n\r\n${head("Content-Length: 2")}ok`, "200 ok +"],
  [
    "103 with fields before",
    `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${head("Content-Length: 2")}ok`,
    "200 ok +",
  ],
  [
    "a length in an interim response",
    `HTTP/1.1 100 \r\nContent-Length: 9\r\n\r\n${head("Content-Length: 2")}ok`,
    "200 ok +",
  ],
  [
    "eight interim responses",
    `${"HTTP/1.1 102 \r\n\r\n".repeat(8)}${head("Content-Length: 2")}ok`,
    "200 ok +",
  ],
  [
    "nine interim responses",
    `${"HTTP/1.1 102 \r\n\r\n".repeat(9)}${head("Content-Length: 2")}ok`,
    "Malformed",
  ],
  ["another protocol that nobody asked for", "HTTP/1.1 101 \r\nUpgrade: x\r\n\r\n", "Malformed"],
  ["only an interim response", "HTTP/1.1 100 Continue\r\n\r\n", "Closed"],
  // Streams
  ["close", `${head("Connection: close", "Content-Length: 2")}ok`, "200 ok"],
  ["close among others", `${head("Connection: x,Close", "Content-Length: 2")}ok`, "200 ok"],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 ok"],
  [
    "HTTP/1.0 that is kept",
    "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
    "200 ok +",
  ],
  ["nothing", "", "Closed"],
  ["half a status line", "HTTP/1.1 20", "Closed"],
  ["half a head", "HTTP/1.1 200 OK\r\nX: ", "Closed"],
];
