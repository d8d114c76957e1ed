/**
 * The end of start-up in an executable that stands alone: initializes every instance, calls one function, exits.
 */
import { Relocation } from "../../abi/object.ts";
import type { FunctionPlace, LinkedParts } from "../../linker/linked.ts";
import { Place } from "../../linker/platform.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { RAX, RCX, RDI, RDX, RSI, RSP } from "../../x64/register.ts";
import { LEA64, REP_MOVSQ } from "../../x64/tables/index.ts";
import { SLOT_BYTES } from "./protocol.ts";
import { SLOTS, State } from "./state.ts";
import { emitExit } from "./system-call.ts";

export interface BuiltInCommand {
  /** Made once every instance is initialized. */
  readonly call:
    | {
        readonly instance: number;
        readonly functionIndex: number;
        /** Bit patterns, unsigned. */
        readonly arguments: readonly bigint[];
      }
    | undefined;
}

/** The arguments as the entry stub takes them. */
export function writeArguments(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  values.forEach((bits, index) => {
    view.setBigUint64(index * SLOT_BYTES, BigInt.asUintN(64, bits), true);
    view.setBigUint64(index * SLOT_BYTES + 8, bits >> 64n, true);
  });
  return bytes;
}

/** `argumentsAt`: offset in the read-only data. `stubs`: the labels of the entry stubs, by signature. */
export function emitBuiltInCommand(
  a: Shorthand,
  parts: LinkedParts,
  { call }: BuiltInCommand,
  argumentsAt: number,
  stubs: readonly number[],
): void {
  a.set(RAX, 1);
  a.storePlace(Place.State, State.Active, RAX);
  a.loadPlace(RSP, Place.State, State.StackEnd);
  for (const { initializer } of parts.instances) emitCall(a, initializer, stubs);
  if (call !== undefined) {
    a.placeAddress(RSI, Place.ReadOnly, argumentsAt);
    a.placeAddress(RDI, Place.State, SLOTS);
    a.set(RCX, (call.arguments.length * SLOT_BYTES) / 8);
    a.none(REP_MOVSQ);
    emitCall(a, parts.instances[call.instance]!.functions[call.functionIndex]!, stubs);
  }
  emitExit(a, 0);
}

function emitCall(a: Shorthand, { code, memory, signature }: FunctionPlace, stubs: readonly number[]): void {
  a.rip(LEA64, RDI, Relocation.Function, code, 0);
  a.placeAddress(RSI, Place.State, SLOTS);
  a.loadPlace(RDX, Place.MemoryBases, memory * 8);
  a.call(stubs[signature - 1]!);
}
