/**
 * The platform's functions, as `src/abi/platform.ts` describes them.
 *
 * AssemblyScript names a declared function's import after its file and itself, so this file's name is part of
 * the contract: each function below is imported as `platform.<name>`.
 */
export declare function consoleWrite(stream: i32, pointer: usize, length: u32): void;
export declare function clockMonotonic(): i64;
export declare function clockRealtime(): i64;
export declare function entropySeed(pointer: usize, length: u32): u32;
export declare function configuration(pointer: usize, capacity: u32): u32;
export declare function assetBytes(from: u32, pointer: usize, length: u32): void;
export declare function netReceive(pointer: usize, capacity: u32): u32;
export declare function netTransmit(pointer: usize, length: u32): u32;
export declare function netTransmitPieces(pieces: usize, count: u32): u32;
export declare function netAddress(pointer: usize): u32;
export declare function idle(deadline: i64): void;
export declare function exit(status: i32): void;
export declare function panic(pointer: usize, length: u32): void;
