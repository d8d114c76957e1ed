/** Numbers signatures over all modules of a program, from 1: two are the same exactly when their numbers are. */
import type { CompiledModule } from "../abi/object.ts";
import type { FunctionType } from "../abi/wasm.ts";

export class Signatures {
  readonly types: FunctionType[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #ofModule = new Map<CompiledModule, Int32Array>();

  numberOf(type: FunctionType): number {
    const key = `${type.parameters.join()}>${type.results.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.types.push(type);
    this.#numbers.set(key, number);
    return number;
  }

  /** By index in the module's `types`. */
  ofModule(module: CompiledModule): Int32Array {
    let numbers = this.#ofModule.get(module);
    if (numbers === undefined) {
      numbers = Int32Array.from(module.types, (type) => this.numberOf(type));
      this.#ofModule.set(module, numbers);
    }
    return numbers;
  }
}
