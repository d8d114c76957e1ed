/** How the runtime puts names on the global object: as the Web does, writable and not enumerable. */

export function defineGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(values)) defineGlobal(name, values[name]);
}

export function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** A global whose value is made when it is first read. */
export function defineLazyGlobal(name: string, make: () => unknown): void {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    get() {
      const value = make();
      defineGlobal(name, value);
      return value;
    },
    set(value: unknown) {
      defineGlobal(name, value);
    },
  });
}

/** `Object.prototype.toString` and the inspector show this name. */
export function nameClass(constructor: { prototype: object }, name: string): void {
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
}
