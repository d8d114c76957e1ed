/**
 * Writes what only the linker knows into code: one pass over flat records.
 */
import { Relocation } from "../abi/object.ts";

const RECORD_NUMBERS = 4;

/** What the fields of one piece of code refer to. Addresses count from the image's first byte. */
export interface Targets {
  /** Of a relative field. */
  address(kind: Relocation, index: number): number;
  /** Of an absolute field. */
  value(kind: Relocation.Context | Relocation.Signature, index: number): number;
  reference(functionIndex: number): { readonly signature: number; readonly code: number };
}

/** `address` is that of byte 0 of `bytes`. */
export function relocate(
  bytes: Uint8Array,
  address: number,
  relocations: Int32Array,
  targets: Targets,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < relocations.length; at += RECORD_NUMBERS) {
    const kind: Relocation = relocations[at]!;
    const field = relocations[at + 1]!;
    const index = relocations[at + 2]!;
    const addend = relocations[at + 3]!;
    if (kind === Relocation.Context || kind === Relocation.Signature) {
      view.setInt32(field, targets.value(kind, index) + addend, true);
    } else if (kind === Relocation.FunctionReference) {
      const { signature, code } = targets.reference(index);
      view.setInt32(field, signature, true);
      view.setInt32(field + 4, code, true);
    } else {
      view.setInt32(field, targets.address(kind, index) + addend - (address + field), true);
    }
  }
}
