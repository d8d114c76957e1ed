/** The console service's calls, as `src/abi/services.ts` describes them. Imported as `console.<name>`. */
export declare function write(stream: i32, pointer: usize, length: u32): void;
