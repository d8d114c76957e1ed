/** Atomic read-modify-write of memory. Without a locked form: `XCHG32` and the like, which are atomic as they are. */
import { integer, locked, Role } from "../encoding.ts";
import {
  ADD8,
  ADD16,
  ADD32,
  ADD64,
  AND8,
  AND16,
  AND32,
  AND64,
  NEG32,
  NEG64,
  OR8,
  OR16,
  OR32,
  OR64,
  SUB8,
  SUB16,
  SUB32,
  SUB64,
  XOR8,
  XOR16,
  XOR32,
  XOR64,
} from "./arithmetic.ts";

/** `reg` gets what memory held, memory the sum. */
const exchangeAdd = (width: 1 | 2 | 4 | 8) =>
  integer("xadd", width, 0xc1, Role.ReadWrite, Role.ReadWrite, { map: 1, lockable: true });
export const XADD8 = exchangeAdd(1);
export const XADD16 = exchangeAdd(2);
export const XADD32 = exchangeAdd(4);
export const XADD64 = exchangeAdd(8);
export const LOCK_XADD8 = locked(XADD8);
export const LOCK_XADD16 = locked(XADD16);
export const LOCK_XADD32 = locked(XADD32);
export const LOCK_XADD64 = locked(XADD64);

/** If memory holds al/ax/eax/rax it becomes `reg`, and ZF is set; else the accumulator becomes what it holds. */
const compareExchange = (width: 1 | 2 | 4 | 8) =>
  integer("cmpxchg", width, 0xb1, Role.Read, Role.ReadWrite, { map: 1, lockable: true });
export const CMPXCHG8 = compareExchange(1);
export const CMPXCHG16 = compareExchange(2);
export const CMPXCHG32 = compareExchange(4);
export const CMPXCHG64 = compareExchange(8);
export const LOCK_CMPXCHG8 = locked(CMPXCHG8);
export const LOCK_CMPXCHG16 = locked(CMPXCHG16);
export const LOCK_CMPXCHG32 = locked(CMPXCHG32);
export const LOCK_CMPXCHG64 = locked(CMPXCHG64);

export const LOCK_ADD8 = locked(ADD8.rmReg);
export const LOCK_ADD16 = locked(ADD16.rmReg);
export const LOCK_ADD32 = locked(ADD32.rmReg);
export const LOCK_ADD64 = locked(ADD64.rmReg);
export const LOCK_SUB8 = locked(SUB8.rmReg);
export const LOCK_SUB16 = locked(SUB16.rmReg);
export const LOCK_SUB32 = locked(SUB32.rmReg);
export const LOCK_SUB64 = locked(SUB64.rmReg);
export const LOCK_AND8 = locked(AND8.rmReg);
export const LOCK_AND16 = locked(AND16.rmReg);
export const LOCK_AND32 = locked(AND32.rmReg);
export const LOCK_AND64 = locked(AND64.rmReg);
export const LOCK_OR8 = locked(OR8.rmReg);
export const LOCK_OR16 = locked(OR16.rmReg);
export const LOCK_OR32 = locked(OR32.rmReg);
export const LOCK_OR64 = locked(OR64.rmReg);
export const LOCK_XOR8 = locked(XOR8.rmReg);
export const LOCK_XOR16 = locked(XOR16.rmReg);
export const LOCK_XOR32 = locked(XOR32.rmReg);
export const LOCK_XOR64 = locked(XOR64.rmReg);
export const LOCK_NEG32 = locked(NEG32);
export const LOCK_NEG64 = locked(NEG64);

/** `lock or dword [rsp], 0` is a full fence, and faster than mfence on most processors. */
export const LOCK_OR32_IMM8 = locked(OR32.rmImm8);
export const LOCK_ADD32_IMM8 = locked(ADD32.rmImm8);
export const LOCK_ADD64_IMM8 = locked(ADD64.rmImm8);
