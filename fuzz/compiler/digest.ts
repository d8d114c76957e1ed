/**
 * The function of each generated module that shows its state: `digest() -> i64` hashes the memory, the globals and
 * which elements of the table are null, in Wasm, so that every engine can be asked without reaching into it.
 */
import { ValueType } from "../../src/abi/wasm.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { ModuleShape } from "./shape.ts";

export const FUEL = 60;

const PRIME = 0x100000001b3n;
/** Locals: the hash, a position, and where it ends. */
const [HASH, AT, END] = [0, 1, 2];

/** The body with its locals. Gives every later call its fuel, too. */
export function digestBody(module: ModuleShape): Uint8Array {
  const code = new ByteWriter();
  code.byte(2, 1, ValueType.I64, 2, ValueType.I32);
  code.byte(0x41);
  code.signed32(FUEL);
  code.byte(0x24);
  code.unsigned(module.fuelGlobal);
  // Memory, 8 bytes at a time.
  code.byte(0x3f, 0, 0x41, 16, 0x74, 0x21, END);
  countUp(code, 8, () => code.byte(0x20, AT, 0x29, 3, 0));
  // Table.
  code.byte(0xfc, 16, 0, 0x21, END);
  countUp(code, 1, () => code.byte(0x20, AT, 0x25, 0, 0xd1, 0xad));
  module.globals.forEach(({ type }, index) => digestGlobal(code, type, index));
  code.byte(0x20, HASH, 0x0b);
  return code.bytes;
}

/** For AT from 0 to END in steps: mixes what `value` leaves, an i64. */
function countUp(code: ByteWriter, step: number, value: () => void): void {
  code.byte(0x41, 0, 0x21, AT);
  code.byte(0x02, 0x40, 0x03, 0x40);
  code.byte(0x20, AT, 0x20, END, 0x4f, 0x0d, 1);
  mix(code, value);
  code.byte(0x20, AT, 0x41, step, 0x6a, 0x21, AT, 0x0c, 0, 0x0b, 0x0b);
}

/** hash = rotl((hash ^ value) * PRIME, 23) */
function mix(code: ByteWriter, value: () => void): void {
  code.byte(0x20, HASH);
  value();
  code.byte(0x85, 0x42);
  code.signed64(PRIME);
  code.byte(0x7e, 0x42, 23, 0x89, 0x21, HASH);
}

const TO_I64: ReadonlyMap<ValueType, readonly (readonly number[])[]> = new Map([
  [ValueType.I32, [[0xad]]],
  [ValueType.I64, [[]]],
  [ValueType.F32, [[0xbc, 0xad]]],
  [ValueType.F64, [[0xbd]]],
  [
    ValueType.V128,
    [
      [0xfd, 0x1d, 0],
      [0xfd, 0x1d, 1],
    ],
  ],
]);

function digestGlobal(code: ByteWriter, type: ValueType, index: number): void {
  for (const conversion of TO_I64.get(type) ?? []) {
    mix(code, () => {
      code.byte(0x23);
      code.unsigned(index);
      code.byte(...conversion);
    });
  }
}
