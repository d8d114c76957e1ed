/** The ports a keel knows. */
export const enum Port {
  /** COM1 (16550). */
  Serial = 0x3f8,
  /** QEMU's debug consoles, as the launcher sets them up; both read as `DEBUG_CONSOLE_MARK`. */
  Errors = 0xe9,
  Control = 0xea,
  /** QEMU's isa-debug-exit. */
  DebugExit = 0xf4,
  /** The keyboard controller's command port: a reset line. */
  Keyboard = 0x64,
  /** The interrupt masks of the two 8259A: everything comes through the APICs. */
  Pic1Mask = 0x21,
  Pic2Mask = 0xa1,
  PciAddress = 0xcf8,
  PciData = 0xcfc,
  RealtimeClockIndex = 0x70,
  RealtimeClockValue = 0x71,
}

export const DEBUG_CONSOLE_MARK = 0xe9;
