/** The http service's calls, as `src/abi/services.ts` describes them. Imported as `http.<name>`. */
export declare function listen(port: i32): i32;
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
