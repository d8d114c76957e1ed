/** The entropy service's calls, as `src/abi/services.ts` describes them. Imported as `entropy.<name>`. */
export declare function fill(pointer: usize, length: u32): i32;
