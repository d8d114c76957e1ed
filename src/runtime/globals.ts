/**
 * How the runtime puts names on the global object and gives classes the form that Web IDL asks for: names of
 * interfaces are writable and not enumerable, what an interface has is enumerable.
 */

export function defineGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(values)) defineGlobal(name, values[name]);
}

export function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Functions and objects of the global scope, which Web IDL wants enumerable, unlike interfaces. */
export function defineScope(values: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(values)) {
    const value = values[name];
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  }
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

type Interface = { readonly prototype: object };

/** The prototypes of all interfaces. */
const interfaces = new Set<object>();

/** The prototype of the interface that an object is of; undefined for the language's own and the app's objects. */
export function interfaceOf(value: object): object | undefined {
  let prototype: object | null = value;
  while (prototype !== null && !interfaces.has(prototype))
    prototype = Object.getPrototypeOf(prototype) as object | null;
  return prototype ?? undefined;
}

/** Makes a class an interface: its name for `Object.prototype.toString`, its members enumerable. */
export function nameClass(constructor: Interface, name: string): void {
  const { prototype } = constructor;
  interfaces.add(prototype);
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  showMembers(prototype, "constructor");
  showMembers(constructor, "length", "name", "prototype");
}

function showMembers(holder: object, ...hidden: readonly string[]): void {
  for (const key of Object.getOwnPropertyNames(holder)) {
    if (!hidden.includes(key)) Object.defineProperty(holder, key, { enumerable: true });
  }
}

/** Numbers that an interface names, on itself and on its instances. */
export function defineConstants(constructor: Interface, values: Readonly<Record<string, number>>): void {
  for (const holder of [constructor, constructor.prototype]) {
    for (const name of Object.keys(values)) {
      Object.defineProperty(holder, name, { value: values[name], enumerable: true });
    }
  }
}

/** A call must have so many arguments. */
export function requireArguments(given: { readonly length: number }, count: number, what: string): void {
  if (given.length >= count) return;
  throw new TypeError(`${what} takes ${count} argument${count === 1 ? "" : "s"}, ${given.length} given`);
}

/** What Web IDL counts as a function's arguments: those that must be given. */
export function limitLengths(functions: readonly object[], length: number): void {
  for (const one of functions) Object.defineProperty(one, "length", { value: length, configurable: true });
}
