/**
 * The `http` service. The app's exported `httpRequest(request, b)` is called for each request; it answers with
 * `respond`, or with `begin`, `write` and `end`, at once or later.
 */
export declare function listen(port: i32): i32;
export declare function method(request: i32): i32;
export declare function methodName(request: i32, pointer: usize, capacity: u32): i32;
export declare function target(request: i32, pointer: usize, capacity: u32): i32;
export declare function header(
  request: i32,
  name: usize,
  nameLength: u32,
  pointer: usize,
  capacity: u32,
): i32;
export declare function headers(request: i32, pointer: usize, capacity: u32): i32;
export declare function remote(request: i32, pointer: usize, capacity: u32): i32;
export declare function bodySize(request: i32): i64;
export declare function read(request: i32, pointer: usize, capacity: u32): i32;
export declare function respond(
  request: i32,
  status: i32,
  fields: usize,
  fieldsLength: u32,
  body: usize,
  bodyLength: u32,
): i32;
export declare function begin(
  request: i32,
  status: i32,
  fields: usize,
  fieldsLength: u32,
  bodySize: i64,
): i32;
export declare function write(request: i32, pointer: usize, length: u32): i32;
export declare function end(request: i32): i32;
export declare function abort(request: i32): void;

/** What `respond` always takes at once; larger bodies are sent with `begin`, `write` and `end`. */
const BODY_LIMIT: i32 = 65536;

/** A response that is made once and sent many times, without any allocation. */
@final
export class StaticResponse {
  private status: i32;
  private fields: ArrayBuffer;
  private body: ArrayBuffer;

  /** `fields` are `name: value\r\n` lines. The kernel adds date and length. */
  constructor(status: i32, fields: string, body: string) {
    this.status = status;
    this.fields = String.UTF8.encode(fields);
    this.body = String.UTF8.encode(body);
    assert(
      this.body.byteLength <= BODY_LIMIT,
      "a static response's body is at most 64 KiB; stream larger ones",
    );
  }

  send(request: i32): void {
    const fields = changetype<usize>(this.fields);
    const body = changetype<usize>(this.body);
    respond(request, this.status, fields, this.fields.byteLength, body, this.body.byteLength);
  }
}
