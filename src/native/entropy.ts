/** The `entropy` service. */
export declare function fill(pointer: usize, length: u32): i32;
