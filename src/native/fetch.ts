/**
 * The `fetch` service: requests over HTTP/1.1 to other servers. The app's exported `fetchHead(exchange)`,
 * `fetchReadable(exchange)`, `fetchWritable(exchange)` and `fetchFailed(exchange, failure)` are called.
 */
export declare function begin(head: usize, headLength: u32, bodySize: i64): i32;
export declare function write(exchange: i32, pointer: usize, length: u32): i32;
export declare function end(exchange: i32): i32;
export declare function head(exchange: i32, pointer: usize, capacity: u32): i32;
export declare function read(exchange: i32, pointer: usize, capacity: u32): i32;
export declare function remote(exchange: i32, pointer: usize, capacity: u32): i32;
export declare function abort(exchange: i32): void;

/** Begins a request without a body; `fields` are `name: value\r\n` lines. The exchange, or a `Status`. */
export function get(url: string, fields: string = ""): i32 {
  const text = String.UTF8.encode("GET " + url + "\r\n" + fields);
  return begin(changetype<usize>(text), text.byteLength, 0);
}

/** The response's status, 0 before it has come. */
export function status(exchange: i32): i32 {
  const digits = memory.data(3);
  if (head(exchange, digits, 3) < 3) return 0;
  let number: i32 = 0;
  for (let index: usize = 0; index < 3; index++) number = number * 10 + <i32>load<u8>(digits + index) - 0x30;
  return number;
}
