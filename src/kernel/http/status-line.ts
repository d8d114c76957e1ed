/**
 * Status lines ready to be copied, by status code (RFC 9110 section 15 and the IANA registry).
 */
import { reserve } from "../memory/arena";
import { copyShort, storeText } from "./characters";

/** No line is longer. */
export const STATUS_LINE_LIMIT: u32 = 64;

const FIRST: u32 = 100;
const CODES: u32 = 500;
/** Per code: address and length. */
const ROW: usize = 8;
const lines: usize = memory.data(4000, 8); // CODES * ROW

// prettier-ignore
const REASONS: StaticArray<string> = [
  "200 OK", "201 Created", "202 Accepted", "203 Non-Authoritative Information", "204 No Content",
  "205 Reset Content", "206 Partial Content", "207 Multi-Status", "208 Already Reported", "226 IM Used",
  "300 Multiple Choices", "301 Moved Permanently", "302 Found", "303 See Other", "304 Not Modified",
  "305 Use Proxy", "307 Temporary Redirect", "308 Permanent Redirect",
  "400 Bad Request", "401 Unauthorized", "402 Payment Required", "403 Forbidden", "404 Not Found",
  "405 Method Not Allowed", "406 Not Acceptable", "407 Proxy Authentication Required", "408 Request Timeout",
  "409 Conflict", "410 Gone", "411 Length Required", "412 Precondition Failed", "413 Content Too Large",
  "414 URI Too Long", "415 Unsupported Media Type", "416 Range Not Satisfiable", "417 Expectation Failed",
  "418 I'm a Teapot", "421 Misdirected Request", "422 Unprocessable Content", "423 Locked", "424 Failed Dependency",
  "425 Too Early", "426 Upgrade Required", "428 Precondition Required", "429 Too Many Requests",
  "431 Request Header Fields Too Large", "451 Unavailable For Legal Reasons",
  "500 Internal Server Error", "501 Not Implemented", "502 Bad Gateway", "503 Service Unavailable",
  "504 Gateway Timeout", "505 HTTP Version Not Supported", "506 Variant Also Negotiates",
  "507 Insufficient Storage", "508 Loop Detected", "510 Not Extended", "511 Network Authentication Required",
];

export function startStatusLines(): void {
  for (let index = 0; index < REASONS.length; index++) {
    const reason = unchecked(REASONS[index]);
    const line = reserve(STATUS_LINE_LIMIT);
    let end = storeText(line, "HTTP/1.1 ");
    end = storeText(end, reason);
    end = storeText(end, "\r\n");
    const digits = line + 9;
    const hundreds = <u32>load<u8>(digits) - 0x30;
    const code = hundreds * 100 + (<u32>load<u8>(digits + 1) - 0x30) * 10 + <u32>load<u8>(digits + 2) - 0x30;
    const row = lines + <usize>(code - FIRST) * ROW;
    store<u32>(row, <u32>line);
    store<u32>(row, <u32>(end - line), 4);
  }
}

/** Writes the line for `code`, 100 to 599: the address after it. Unknown codes get an empty reason. */
export function emitStatusLine(at: usize, code: u32): usize {
  const row = lines + <usize>(code - FIRST) * ROW;
  const length = load<u32>(row, 4);
  if (length != 0) return copyShort(at, <usize>load<u32>(row), length);
  at = storeText(at, "HTTP/1.1 ");
  store<u8>(at, <u8>(0x30 + code / 100));
  store<u8>(at + 1, <u8>(0x30 + ((code / 10) % 10)));
  store<u8>(at + 2, <u8>(0x30 + (code % 10)));
  return storeText(at + 3, " \r\n");
}
