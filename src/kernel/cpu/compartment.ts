/**
 * The app's compartment, as `src/abi/platform.ts` describes it. Imported as `compartment.<name>`.
 */
export declare function enter(compartment: i32, entry: i32, a: i32, b: i32): i32;
export declare function copyIn(pointer: usize, appPointer: usize, length: u32): void;
export declare function copyOut(appPointer: usize, pointer: usize, length: u32): void;
export declare function restart(compartment: i32): void;
export declare function isOverdue(): i32;
export declare function suspend(): void;
export declare function resume(compartment: i32, result: i64): i32;
