/** Why code stopped: what the compiler writes beside the code, and every platform reports. */
export const enum TrapKind {
  Unreachable = 1,
  MemoryOutOfBounds = 2,
  UnalignedAtomic = 3,
  DivideByZero = 4,
  IntegerOverflow = 5,
  InvalidConversion = 6,
  TableOutOfBounds = 7,
  /** An indirect call outside its table. */
  UndefinedElement = 8,
  /** An indirect call of a null reference. */
  UninitializedElement = 9,
  IndirectCallMismatch = 10,
  StackExhausted = 11,
}

/** In the words of the specification's own tests. */
export const TRAP_MESSAGES: Readonly<Record<TrapKind, string>> = {
  [TrapKind.Unreachable]: "unreachable",
  [TrapKind.MemoryOutOfBounds]: "out of bounds memory access",
  [TrapKind.UnalignedAtomic]: "unaligned atomic",
  [TrapKind.DivideByZero]: "integer divide by zero",
  [TrapKind.IntegerOverflow]: "integer overflow",
  [TrapKind.InvalidConversion]: "invalid conversion to integer",
  [TrapKind.TableOutOfBounds]: "out of bounds table access",
  [TrapKind.UndefinedElement]: "undefined element",
  [TrapKind.UninitializedElement]: "uninitialized element",
  [TrapKind.IndirectCallMismatch]: "indirect call type mismatch",
  [TrapKind.StackExhausted]: "call stack exhausted",
};
