/** Web IDL's conversions of what an app gives: pairs from a sequence or an object, byte strings. */

export function toByteString(value: unknown): string {
  const text = String(value);
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0xff)
      throw new TypeError(`${JSON.stringify(text)} has a character that is no byte`);
  }
  return text;
}

type Convert = (value: unknown) => string;

/** From `[[name, value], ...]`, anything that iterates so, or `{ name: value }`. */
export function toPairs(init: object, convert: Convert, what: string): [name: string, value: string][] {
  const method = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (method === undefined || method === null) return recordPairs(init, convert);
  if (typeof method !== "function") throw new TypeError(`${what} expects pairs that can be iterated`);
  return [...iterate(init, method as Method)].map((pair) => {
    if ((typeof pair !== "object" && typeof pair !== "function") || pair === null)
      throw new TypeError(`${what} expects pairs of a name and a value`);
    const items = [...(pair as Iterable<unknown>)].map(convert);
    if (items.length !== 2) throw new TypeError(`${what} expects pairs of a name and a value`);
    return items as [string, string];
  });
}

type Method = (this: object) => Iterator<unknown>;

function iterate(init: object, method: Method): Iterable<unknown> {
  return { [Symbol.iterator]: () => method.call(init) };
}

/** In the order of Web IDL: a property is looked at, read and converted before the next. */
function recordPairs(init: object, convert: Convert): [string, string][] {
  const pairs = new Map<string, string>();
  for (const key of Reflect.ownKeys(init)) {
    if (!Reflect.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
    if (typeof key === "symbol") throw new TypeError("A name must be a string, not a symbol");
    const name = convert(key);
    pairs.set(name, convert((init as Record<string, unknown>)[key]));
  }
  return [...pairs];
}
