/** A Transform that becomes one when it is first used as a stream: a hash is most often asked directly. */
import { Transform } from "../stream.ts";
import type { Transform as TransformOfNode } from "node:stream";

type Constructor = new () => TransformOfNode;
const Base = Transform as unknown as { readonly prototype: object; call(self: object): void };

/** A function: the state of a Transform is not to be made by `super()`. */
function LazyTransformOf(): void {}
Object.setPrototypeOf(LazyTransformOf.prototype as object, Base.prototype);
Object.setPrototypeOf(LazyTransformOf, Base);

for (const name of ["_readableState", "_writableState"]) {
  Object.defineProperty(LazyTransformOf.prototype, name, {
    configurable: true,
    get(this: Record<string, unknown>) {
      Base.call(this);
      return this[name];
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
    },
  });
}

export const LazyTransform = LazyTransformOf as unknown as Constructor;
