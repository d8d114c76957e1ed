/**
 * Requests that the last byte here makes hopeless, and none before: they are refused with it, whatever might follow. A
 * peer that waits for an answer gets one.
 */
export const HOPELESS: readonly (readonly [raw: string, status: number])[] = [
  ["\n", 400],
  ["\x16", 400],
  ["\r\r", 400],
  ["\r\n\r\n\r", 400],
  ["GET\r", 400],
  ["G(", 400],
  ["A".repeat(33), 501],
  ["GET  ", 400],
  ["GET /\r", 400],
  ["GET /\n", 400],
  ["GET /#", 400],
  ["GET /\x80", 400],
  [`GET /${"a".repeat(8192)}`, 414],
  ["GET / \r", 400],
  ["GET / X", 400],
  ["GET / HTTP/:", 400],
  ["GET / HTTP/11", 400],
  ["GET / HTTP/1.x", 400],
  ["GET / HTTP/2.0", 505],
  ["GET / HTTP/1.1 ", 400],
  ["GET / HTTP/1.1\n", 400],
  ["GET / HTTP/1.1\rH", 400],
  ["CONNECT a:1 HTTP/1.1\r\n", 501],
  ["GET a HTTP/1.1\r\n", 400],
  ["GET / HTTP/1.1\r\n\n", 400],
  ["GET / HTTP/1.1\r\n ", 400],
  ["GET / HTTP/1.1\r\n:", 400],
  ["GET / HTTP/1.1\r\nX ", 400],
  ["GET / HTTP/1.1\r\nX\r", 400],
  ["GET / HTTP/1.1\r\nX: a\n", 400],
  ["GET / HTTP/1.1\r\nX: a\0", 400],
  ["GET / HTTP/1.1\r\nX: a\ra", 400],
  ["GET / HTTP/1.1\r\nX: a\r\n ", 400],
  ["GET / HTTP/1.1\r\n\rX", 400],
  ["GET / HTTP/1.1\r\nHost: a b\r\n", 400],
  ["GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n", 400],
  ["GET / HTTP/1.1\r\nExpect: x\r\n", 417],
  ["POST / HTTP/1.1\r\nContent-Length: x\r\n", 400],
  ["POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n", 400],
  ["POST / HTTP/1.1\r\nTransfer-Encoding: ,\r\n", 400],
  ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked, x\r\n", 400],
  [`GET / HTTP/1.1\r\n${"X: y\r\n".repeat(101)}`, 431],
  [`GET / HTTP/1.1\r\nX: ${"y".repeat(16384 - 19)}`, 431],
  ...["\r", " ", "x", "-", ";", "1 ", "1x", "1;\r", "1;a=\r", "1;a=b ", '1;a="\n', "1\n", "1\r\r"].map(
    hopelessChunk,
  ),
  ...["1\r\nab", "1\r\na\ra", "0\r\n ", "0\r\n:", "0\r\nX\r", "0\r\nX: \0", "0\r\n\ra"].map(hopelessChunk),
];

function hopelessChunk(body: string): [string, number] {
  return [`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`, 400];
}
