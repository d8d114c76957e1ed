/** structuredClone (HTML Standard, section 2.7), for the types that a server has; transfer moves buffers. */
import { DOMException } from "./dom-exception.ts";

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

type Seen = Map<object, unknown>;

export function structuredClone(value: unknown, options: { transfer?: readonly unknown[] } = {}): unknown {
  const seen: Seen = new Map();
  for (const item of options.transfer ?? []) {
    if (!(item instanceof ArrayBuffer)) throw failure("Only an ArrayBuffer can be transferred");
    seen.set(item, item.transfer());
  }
  return clone(value, seen);
}

function failure(message: string): DOMException {
  return new DOMException(message, "DataCloneError");
}

function clone(value: unknown, seen: Seen): unknown {
  if (typeof value === "symbol") throw failure(`${value.toString()} could not be cloned`);
  if (typeof value === "function") throw failure(`${value.name || "A function"} could not be cloned`);
  if (typeof value !== "object" || value === null) return value;
  const before = seen.get(value);
  return before === undefined ? cloneObject(value, seen) : before;
}

function cloneObject(value: object, seen: Seen): unknown {
  const keep = <T extends object>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  if (Array.isArray(value)) return copyFields(value, keep(new Array<unknown>(value.length)), seen);
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) return keep(cloneView(value, seen));
  if (value instanceof Map) {
    const copy = keep(new Map<unknown, unknown>());
    for (const [key, item] of [...value]) copy.set(clone(key, seen), clone(item, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set<unknown>());
    for (const item of [...value]) copy.add(clone(item, seen));
    return copy;
  }
  if (value instanceof Error) return cloneError(value, keep, seen);
  if (value instanceof String || value instanceof Number || value instanceof Boolean)
    return keep(Object(value.valueOf()) as object);
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) {
    throw failure(`${value.constructor.name} could not be cloned`);
  }
  return copyFields(value, keep({}), seen);
}

function cloneView(view: ArrayBufferView, seen: Seen): ArrayBufferView {
  const buffer = clone(view.buffer, seen) as ArrayBuffer;
  if (view instanceof DataView) return new DataView(buffer, view.byteOffset, view.byteLength);
  const constructor = view.constructor as new (
    buffer: ArrayBuffer,
    offset: number,
    length: number,
  ) => ArrayBufferView;
  return new constructor(buffer, view.byteOffset, (view as Uint8Array).length);
}

function cloneError(error: Error, keep: <T extends object>(copy: T) => T, seen: Seen): Error {
  const copy = keep(new (ERRORS[error.name] ?? Error)(error.message));
  Object.defineProperty(copy, "stack", { value: error.stack, writable: true, configurable: true });
  if ("cause" in error) {
    Object.defineProperty(copy, "cause", {
      value: clone(error.cause, seen),
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

function copyFields<T extends object>(from: object, to: T, seen: Seen): T {
  for (const key of Object.keys(from)) {
    (to as Record<string, unknown>)[key] = clone((from as Record<string, unknown>)[key], seen);
  }
  return to;
}
