/**
 * The machine's devices, as `src/abi/platform.ts` describes them. Imported as `device.<name>`.
 */
export declare function count(): i32;
export declare function readRegister(device: i32, offset: u32): u32;
export declare function readConfiguration(device: i32, offset: u32): u32;
export declare function writeRegister(device: i32, offset: u32, value: u32): void;
export declare function pin(pointer: usize, length: u32): u32;
export declare function openQueue(device: i32, index: u32, size: u32, available: usize, used: usize): i32;
export declare function describe(
  queue: i32,
  descriptor: u32,
  pointer: usize,
  length: u32,
  flags: u32,
  next: u32,
): void;
export declare function notify(queue: i32): void;
export declare function watch(pointer: usize, value: u32, looks: u32): bool;
