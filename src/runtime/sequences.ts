/** Web IDL's conversions of what an app gives: pairs from a sequence or an object, byte strings. */

const NO_BYTE = /[^\0-\xff]/;
/** How many short texts are remembered as bytes; names and values of headers are few, and the same each time. */
const KNOWN_LIMIT = 512;
const KNOWN_LENGTH = 64;
const knownBytes = new Set<string>();

export function toByteString(value: unknown): string {
  if (knownBytes.has(value as string)) return value as string;
  const text = String(value);
  if (NO_BYTE.test(text)) throw new TypeError(`${JSON.stringify(text)} has a character that is no byte`);
  if (knownBytes.size < KNOWN_LIMIT && text.length <= KNOWN_LENGTH) knownBytes.add(text);
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

const isEnumerable = Object.prototype.propertyIsEnumerable;

/** In the order of Web IDL: a property is looked at, read and converted before the next. */
function recordPairs(init: object, convert: Convert): [string, string][] {
  const keys = Reflect.ownKeys(init);
  const pairs: [string, string][] = [];
  /** Names that conversion changed may have become the same. */
  let mayRepeat = false;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (!isEnumerable.call(init, key)) continue;
    if (typeof key === "symbol") throw new TypeError("A name must be a string, not a symbol");
    const name = convert(key);
    const value = convert((init as Record<string, unknown>)[key]);
    if (name !== key) mayRepeat = true;
    const before = mayRepeat ? pairs.find(([known]) => known === name) : undefined;
    if (before === undefined) pairs.push([name, value]);
    else before[1] = value;
  }
  return pairs;
}
