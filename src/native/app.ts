/** The `app` service: every image has it. */
export declare function exit(status: i32): void;
export declare function environment(pointer: usize, capacity: u32): i32;
export declare function isOverdue(): i32;
