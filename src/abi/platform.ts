/**
 * What a platform gives to the kernel: the kernel module's import section, as one table.
 *
 * `platform`, `compartment` and, where the kernel drives its devices itself (`bare`), `device` are the only modules
 * a kernel imports. Pointers are into the kernel's memory unless a name says `app`. On `node` these are JavaScript
 * functions (`gateway/platform.ts`); on `bare` and `process` they are machine code (`src/platform`).
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
    /** Copies bytes of the image's assets (`assets.ts`) from offset `from` on. Outside of them the machine ends. */
    assetBytes(from: number, pointer: number, length: number): void;
    /** Takes one received Ethernet frame: its length, 0 when there is none. Longer ones are dropped. */
    netReceive(pointer: number, capacity: number): number;
    /** Sends one Ethernet frame, without frame check sequence. 0: the device is full, try after idle. */
    netTransmit(pointer: number, length: number): number;
    /**
     * As `netTransmit`, of a frame that lies in `count` pieces, `PIECES_LIMIT` at most: pairs of u32, pointer and length.
     * For `Offloading` devices. A `PiecesSent`; no pieces at all ask whether there is room.
     */
    netTransmitPieces(pieces: number, count: number): number;
    /** The network device's 6 address bytes; a `NetDevice`, by which frames have a header or not. */
    netAddress(pointer: number): number;
    /** Sleeps until a frame arrives or the monotonic deadline in ns. Never called on `node`. */
    idle(deadline: bigint): void;
    /** Ends the machine. Called outside any compartment. */
    exit(status: number): void;
    /** Ends the machine after a broken invariant of the kernel. The message is UTF-8. */
    panic(pointer: number, length: number): void;
  };
  compartment: {
    /** Enters a compartment: an `AppEntry` with two arguments; an `EnterStatus`. May be nested. */
    enter(compartment: number, entry: number, a: number, b: number): number;
    /** Copies from a range that the running service call lent to be read. Outside it the machine ends. */
    copyIn(pointer: number, appPointer: number, length: number): void;
    /** Copies into a range that the running service call lent to be written. */
    copyOut(appPointer: number, pointer: number, length: number): void;
    /** Makes a compartment as it was before its first entry: memory, globals, tables. It must not be entered now. */
    restart(compartment: number): void;
    /** Whether the outermost entry, the one that runs or the last, has had its processor time: 1. */
    isOverdue(): number;
    /** Has the running service call leave the compartment suspended instead of returning to it. */
    suspend(): void;
    /** Returns `result` from the service call that suspended the compartment; an `EnterStatus`. */
    resume(compartment: number, result: bigint): number;
  };
  /**
   * Devices (virtio 1.2 over MMIO), for drivers that are not trusted with physical memory: descriptor tables and
   * queue registers lie outside the kernel's memory, and only pinned bytes can be offered to a device.
   * `device` is a number below `count()`, `queue` what `openQueue` gave. Nonsense ends the machine.
   */
  device: {
    /** Devices found at boot. */
    count(): number;
    /** A 32-bit register (4.2.2), or from 0x100 on four bytes of the configuration space. */
    readRegister(device: number, offset: number): number;
    /** One byte of the configuration space (4.2.2.2), which for some fields must be read so. */
    readConfiguration(device: number, offset: number): number;
    /**
     * Writes one of: DeviceFeaturesSel, DriverFeatures, DriverFeaturesSel, Status, InterruptACK. Of the features from 32
     * on only VIRTIO_F_VERSION_1 may be taken.
     */
    writeRegister(device: number, offset: number, value: number): void;
    /**
     * Pins a range of the kernel's memory to physical memory in one piece, for rings and buffers: how many bytes of
     * it, from its start, are pinned. Page-aligned. Once.
     */
    pin(pointer: number, length: number): number;
    /**
     * Sets up a queue of `size` descriptors, a power of two up to `QUEUE_SIZE_LIMIT`, whose available and used rings
     * are at pinned places: its number, or -1 where the device has no such queue, limits are reached, or the device is
     * none of those that reach memory by descriptors alone (network, block, console, entropy). The addresses cannot be
     * changed afterwards.
     */
    openQueue(device: number, index: number, size: number, available: number, used: number): number;
    /** Writes a descriptor (2.7.5): `length` pinned bytes, up to 64 KiB, at `pointer`; `flags` and `next` as the device reads them. */
    describe(
      queue: number,
      descriptor: number,
      pointer: number,
      length: number,
      flags: number,
      next: number,
    ): void;
    /** Tells the device that its available ring has changed (QueueNotify). */
    notify(queue: number): void;
    /**
     * Looks up to `looks` times, with a rest between, whether the u16 at `pointer` is still `value`: 1 where it is another.
     * For who would sleep otherwise: a moment costs less than going to sleep and being woken.
     */
    watch(pointer: number, value: number, looks: number): number;
  };
}

export const QUEUE_SIZE_LIMIT = 256;
export const QUEUES_LIMIT = 8;
export const DEVICES_LIMIT = 8;

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
