/** The `assets` service: files of the image (`src/abi/assets.ts`). */
export declare function serve(port: i32): i32;
export declare function look(head: usize, headLength: u32, pointer: usize, capacity: u32): i32;
export declare function read(from: i32, pointer: usize, capacity: u32): i32;
