/** One function under check: what its steps need to know besides the state. */
import { placesOf, type CallPlaces } from "../../../src/x64/convention.ts";
import type { CompiledFunction } from "../../../src/abi/object.ts";
import type { FunctionType } from "../../../src/abi/wasm.ts";
import type { Decoded } from "./decode.ts";
import type { FieldRecord, ModuleFacts } from "./module-facts.ts";
import type { State } from "./state.ts";
import { idOfStep } from "./value.ts";

export class FunctionContext {
  readonly facts: ModuleFacts;
  readonly func: CompiledFunction;
  readonly type: FunctionType;
  readonly places: CallPlaces;
  readonly isInitializer: boolean;

  constructor(facts: ModuleFacts, func: CompiledFunction) {
    this.facts = facts;
    this.func = func;
    this.type = facts.typeOf(func);
    this.places = placesOf(this.type);
    this.isInitializer = func === facts.module.initializer;
  }

  /** One past the highest byte of the stack that is the function's: its stack arguments and results. */
  get stackEnd(): number {
    const RETURN_ADDRESS_BYTES = 8;
    return RETURN_ADDRESS_BYTES + this.places.parameters.stackBytes + this.places.results.stackBytes;
  }
}

/** One instruction in a state. */
export interface Step {
  readonly context: FunctionContext;
  readonly state: State;
  readonly instruction: Decoded;
  /** The field that the linker fills in it. */
  readonly field: FieldRecord | undefined;
}

/** The number of a value that the instruction makes in a place. */
export function freshId({ instruction }: Step, place: number): number {
  return idOfStep(instruction.offset, place);
}

/** Operands that are in no register by themselves have places of their own, by their index; what is loaded, another. */
export const OPERAND_PLACE = 64;
export const LOADED_PLACE = 80;

export type Rule = (step: Step) => void;
