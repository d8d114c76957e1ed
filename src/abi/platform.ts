/**
 * What a platform gives to the kernel: the kernel module's import section, as one table.
 *
 * `platform` and `compartment` are the only modules a kernel imports. Pointers are into the kernel's memory
 * unless a name says `app`. On `node` these are JavaScript functions (`gateway/platform.ts`); on `bare`
 * and `process` the linker lowers them to machine code.
 */
export interface PlatformImports {
  platform: {
    /** Writes bytes to a console stream: 1 output, 2 errors. */
    consoleWrite(stream: number, pointer: number, length: number): void;
    /** Nanoseconds, never going back. */
    clockMonotonic(): bigint;
    /** Nanoseconds since 1970-01-01T00:00Z. */
    clockRealtime(): bigint;
    /** Fills the range with seed material from a true source: bytes written, 0 where there is no source. */
    entropySeed(pointer: number, length: number): number;
    /** Copies the boot configuration (`key=value` lines, UTF-8): its whole length. */
    configuration(pointer: number, capacity: number): number;
    /** Takes one received Ethernet frame: its length, 0 when there is none. Longer ones are dropped. */
    netReceive(pointer: number, capacity: number): number;
    /** Sends one Ethernet frame, without frame check sequence. 0: the device is full, try after idle. */
    netTransmit(pointer: number, length: number): number;
    /** The network device's 6 address bytes: 1, or 0 without a device. */
    netAddress(pointer: number): number;
    /** Sleeps until a frame arrives or the monotonic deadline in ns. Never called on `node`. */
    idle(deadline: bigint): void;
    /** Ends the machine. Called outside any compartment. */
    exit(status: number): void;
    /** Ends the machine after a broken invariant of the kernel. The message is UTF-8. */
    panic(pointer: number, length: number): void;
  };
  compartment: {
    /** Enters the app: an `AppEntry` with two arguments; an `EnterStatus`. */
    enter(entry: number, a: number, b: number): number;
    /** Copies from a range that the running service call lent to be read. 0, or traps the app outside it. */
    copyIn(pointer: number, appPointer: number, length: number): void;
    /** Copies into a range that the running service call lent to be written. */
    copyOut(appPointer: number, pointer: number, length: number): void;
  };
}

/** What a kernel module exports to its platform, besides the service calls. */
export interface KernelExports {
  memory: WebAssembly.Memory;
  /** Runs once, before any turn: reads the configuration, starts services, enters the app's `start`. */
  start(): void;
  /** Does all work there is, returns the monotonic time in ns of the next (`NEVER`: only a frame wakes it). */
  turn(): bigint;
  /** `turn` and `idle` for ever: the main program where the platform can sleep. */
  run(): void;
}

export const NEVER = 0x7fff_ffff_ffff_ffffn;
