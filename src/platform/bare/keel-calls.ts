/** Keel calls: each has one place that it is made from, which the image tells the keel. */
import type { KeelCall } from "../../abi/boot.ts";
import type { Shorthand } from "../../linker/shorthand.ts";
import { RAX } from "../../x64/register.ts";
import { INT3 } from "../../x64/tables/index.ts";
import { begin } from "../compartment/code.ts";

export class KeelCalls {
  readonly #routines = new Map<KeelCall, number>();
  readonly #sites = new Map<KeelCall, number>();

  /** Arguments are in their registers. Changes rax rcx rdx rsi rdi r8 to r11. */
  call(a: Shorthand, call: KeelCall): void {
    a.call(this.#routine(a, call));
  }

  /** As the end of a function. */
  leave(a: Shorthand, call: KeelCall): void {
    a.jump(this.#routine(a, call));
  }

  /** Writes the routines; after all calls. */
  emit(a: Shorthand): void {
    for (const [call, routine] of this.#routines) {
      begin(a, routine);
      a.set(RAX, call);
      const site = a.label();
      a.bind(site);
      this.#sites.set(call, site);
      a.none(INT3);
      a.ret();
    }
  }

  /** Code offsets, once the code is finished. */
  sites(labels: Int32Array, start: number): Partial<Record<KeelCall, number>> {
    return Object.fromEntries([...this.#sites].map(([call, label]) => [call, start + labels[label]!]));
  }

  #routine(a: Shorthand, call: KeelCall): number {
    let routine = this.#routines.get(call);
    if (routine === undefined) this.#routines.set(call, (routine = a.label()));
    return routine;
  }
}
