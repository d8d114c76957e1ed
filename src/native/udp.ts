/** The `udp` service. The app's exported `udpReadable(socket, b)` tells of datagrams. */
export declare function bind(port: i32): i32;
export declare function send(
  socket: i32,
  address: usize,
  addressLength: u32,
  port: i32,
  pointer: usize,
  length: u32,
): i32;
export declare function receive(
  socket: i32,
  sender: usize,
  senderCapacity: u32,
  pointer: usize,
  capacity: u32,
): i32;
export declare function close(socket: i32): void;
