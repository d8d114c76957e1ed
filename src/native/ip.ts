/** The `ip` service. The app's exported `networkUp(a, b)` is called once there is an address. */
export declare function address(pointer: usize, capacity: u32): i32;
