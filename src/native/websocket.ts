/**
 * The `websocket` service: requests of the `http` service that become WebSockets. The app's exported
 * `websocketReadable(socket)`, `websocketWritable(socket)`, `websocketClosed(socket, code)` and, after `heed`,
 * `websocketControl(socket, opcode)` are called.
 */
export declare function accept(request: i32, fields: usize, fieldsLength: u32, messageLimit: i32): i32;
export declare function send(socket: i32, frame: i32, pointer: usize, length: u32): i32;
export declare function kind(socket: i32): i32;
export declare function read(socket: i32, pointer: usize, capacity: u32): i32;
export declare function close(socket: i32, code: i32, reason: usize, reasonLength: u32): i32;
export declare function heed(socket: i32): void;
export declare function reason(socket: i32, pointer: usize, capacity: u32): i32;
export declare function abort(socket: i32): void;
