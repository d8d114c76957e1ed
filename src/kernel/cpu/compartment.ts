/**
 * The app's compartment, as `src/abi/platform.ts` describes it. Imported as `compartment.<name>`.
 */
export declare function enter(entry: i32, a: i32, b: i32): i32;
export declare function copyIn(pointer: usize, appPointer: usize, length: u32): void;
export declare function copyOut(appPointer: usize, pointer: usize, length: u32): void;
