/** The app service's calls, as `src/abi/services.ts` describes them. Imported as `app.<name>`. */
export declare function exit(status: i32): void;
export declare function environment(pointer: usize, capacity: u32): i32;
