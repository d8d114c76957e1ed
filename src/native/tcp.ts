/**
 * The `tcp` service. The app's exported `tcpAccepted(listener, connection)`, `tcpConnected`, `tcpReadable`,
 * `tcpWritable`, `tcpFinished(connection, b)` and `tcpClosed(connection, reason)` are called.
 */
export declare function listen(port: i32): i32;
export declare function connect(address: usize, addressLength: u32, port: i32): i32;
export declare function read(connection: i32, pointer: usize, capacity: u32): i32;
export declare function write(connection: i32, pointer: usize, length: u32): i32;
export declare function shutdown(connection: i32): void;
export declare function abort(connection: i32): void;
export declare function remote(connection: i32, pointer: usize, capacity: u32): i32;
