/**
 * Why a module was refused.
 *
 * malformed: bytes that are no module. invalid: a module that breaks a rule of validation. unsupported: it may well
 * be valid, but needs a proposal that Skerry lacks, or is larger than our limits.
 */
export type WasmErrorKind = "malformed" | "invalid" | "unsupported";

export class WasmError extends Error {
  readonly kind: WasmErrorKind;
  /** Byte of the module. */
  readonly offset: number;
  readonly proposal?: string;

  constructor(kind: WasmErrorKind, offset: number, reason: string, proposal?: string) {
    super(`at 0x${offset.toString(16)}: ${reason}`);
    this.name = "WasmError";
    this.kind = kind;
    this.offset = offset;
    if (proposal !== undefined) this.proposal = proposal;
  }
}

export function malformed(offset: number, reason: string): WasmError {
  return new WasmError("malformed", offset, reason);
}

export function invalid(offset: number, reason: string): WasmError {
  return new WasmError("invalid", offset, reason);
}

/** Larger than a limit of ours. */
export function tooLarge(offset: number, reason: string, limit: number): WasmError {
  return new WasmError("unsupported", offset, `${reason}, the limit is ${limit}`);
}

/** `what` names the thing found, in the words of the specification where it has some. */
export function unsupported(offset: number, what: string, proposal: string): WasmError {
  return new WasmError("unsupported", offset, `${what}: the ${proposal} proposal is not supported`, proposal);
}
