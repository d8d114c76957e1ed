/**
 * What a session and its process say to each other over the inherited socket. Little-endian, one answer a request,
 * in order; the process ends at end of file.
 *
 *   request, 32 bytes                               answer, 64 bytes
 *    0 u32 kind                                      0 u32 status
 *    4 u32 memory                                    4 u32 signal               ┐
 *    8 call: u32 stub, u32 function (code offsets)   8 u64 instruction pointer  │
 *      else: i64 displacement from the memory's base 16 u64 address of the fault │
 *   16 u64 bytes that follow (call: 16 an argument)  24 u64 code base            │ of a fault
 *      or that are asked for                         32 u64 lowest guard address │
 *   24 u64 call: bytes of the results, 16 each       40 u64 stack pointer        │
 *                                                    48 u64 address of what follows ┘
 *                                                    56 u64 bytes that follow: results, memory, stack
 */
export const SESSION_SOCKET = 3;

export const enum Request {
  Kind = 0,
  Memory = 4,
  /** A displacement, or the stub of a call. */
  Operand = 8,
  Function = 12,
  Length = 16,
  ResultLength = 24,
  Size = 32,
}

export const enum RequestKind {
  Call = 0,
  Read = 1,
  Write = 2,
}

export const enum Answer {
  Status = 0,
  Signal = 4,
  InstructionPointer = 8,
  FaultAddress = 16,
  CodeBase = 24,
  GuardStart = 32,
  StackPointer = 40,
  DataAddress = 48,
  Length = 56,
  Size = 64,
}

export const enum AnswerStatus {
  Done = 0,
  Faulted = 1,
}

/** Arguments or results of one call. */
export const SLOTS_LIMIT = 1024;
export const SLOT_BYTES = 16;
/** Of the stack at a fault. */
export const STACK_SHOWN_BYTES = 32 * 1024;
