/** The `dns` service. The app's exported `dnsAnswered(query, count or Status)` brings the answer. */
export declare function resolve(name: usize, nameLength: u32): i32;
export declare function answer(query: i32, pointer: usize, capacity: u32): i32;
