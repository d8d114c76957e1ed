/** Whether two values are alike all the way down, as `util.isDeepStrictEqual` and `assert.deepEqual` mean it. */
import { isBoxedPrimitive, isDate, isMap, isRegExp, isSet } from "./util-types.ts";

/** The pairs that are being compared: a cycle is equal where it closes in both. */
type Pairs = Map<object, object>;

interface Rule {
  /** Prototypes count, and `1` is not `"1"`. */
  readonly isStrict: boolean;
  readonly pairs: Pairs;
}

export function isDeepEqual(first: unknown, second: unknown, isStrict: boolean): boolean {
  return areEqual(first, second, { isStrict, pairs: new Map() });
}

function areEqual(first: unknown, second: unknown, rule: Rule): boolean {
  if (Object.is(first, second)) return true;
  if (typeof first !== "object" || typeof second !== "object" || first === null || second === null) {
    if (rule.isStrict || isContainer(first) || isContainer(second)) return false;
    // eslint-disable-next-line eqeqeq -- what loose equality is
    return first == second || (first !== first && second !== second);
  }
  if (!haveOneKind(first, second, rule)) return false;
  if (rule.pairs.has(first)) return rule.pairs.get(first) === second;
  rule.pairs.set(first, second);
  const equal = haveEqualContent(first, second, rule);
  rule.pairs.delete(first);
  return equal;
}

const isContainer = (value: unknown) => typeof value === "object" && value !== null;

function haveOneKind(first: object, second: object, { isStrict }: Rule): boolean {
  if (isStrict && Object.getPrototypeOf(first) !== Object.getPrototypeOf(second)) return false;
  if (Array.isArray(first) !== Array.isArray(second)) return false;
  return Object.prototype.toString.call(first) === Object.prototype.toString.call(second);
}

function haveEqualContent(first: object, second: object, rule: Rule): boolean {
  if (isDate(first) && (first as Date).getTime() !== (second as Date).getTime()) return false;
  if (isRegExp(first) && String(first) !== String(second)) return false;
  if (first instanceof Error && !haveEqualErrors(first, second as Error, rule)) return false;
  if (isBoxedPrimitive(first) && !Object.is(first.valueOf(), second.valueOf())) return false;
  if (ArrayBuffer.isView(first) && !haveEqualBytes(first, second as ArrayBufferView, rule)) return false;
  if (first instanceof ArrayBuffer)
    return haveEqualBytes(new Uint8Array(first), new Uint8Array(second as ArrayBuffer), rule);
  if (
    isMap(first) &&
    !haveEqualEntries(first as Map<unknown, unknown>, second as Map<unknown, unknown>, rule)
  )
    return false;
  if (isSet(first) && !haveEqualMembers(first as Set<unknown>, second as Set<unknown>, rule)) return false;
  if (first instanceof WeakMap || first instanceof WeakSet || first instanceof Promise) return false;
  return ArrayBuffer.isView(first) || haveEqualFields(first, second, rule);
}

function haveEqualErrors(first: Error, second: Error, rule: Rule): boolean {
  return (
    first.name === second.name &&
    first.message === second.message &&
    areEqual(first.cause, second.cause, rule) &&
    areEqual((first as AggregateError).errors, (second as AggregateError).errors, rule)
  );
}

function haveEqualBytes(first: ArrayBufferView, second: ArrayBufferView, { isStrict }: Rule): boolean {
  if (first.byteLength !== second.byteLength) return false;
  if (first instanceof DataView) return haveEqualNumbers(bytesOf(first), bytesOf(second), true);
  const numbers = [first, second] as unknown as ArrayLike<number>[];
  return haveEqualNumbers(numbers[0]!, numbers[1]!, isStrict);
}

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function haveEqualNumbers(first: ArrayLike<number>, second: ArrayLike<number>, isStrict: boolean): boolean {
  for (let index = 0; index < first.length; index++) {
    const [one, other] = [first[index], second[index]];
    if (isStrict ? !Object.is(one, other) : one !== other) return false;
  }
  return first.length === second.length;
}

/** An equal member that no earlier one was equal to. */
function takeEqual(value: unknown, others: Set<unknown>, rule: Rule): boolean {
  for (const other of others) {
    if (areEqual(value, other, rule)) return others.delete(other);
  }
  return false;
}

function haveEqualMembers(first: Set<unknown>, second: Set<unknown>, rule: Rule): boolean {
  if (first.size !== second.size) return false;
  const others = new Set([...second].filter((other) => !first.has(other)));
  for (const value of first) if (!second.has(value) && !takeEqual(value, others, rule)) return false;
  return true;
}

function haveEqualEntries(first: Map<unknown, unknown>, second: Map<unknown, unknown>, rule: Rule): boolean {
  if (first.size !== second.size) return false;
  const others = new Set<unknown>([...second].filter(([key]) => !first.has(key)));
  for (const [key, value] of first) {
    if (second.has(key) ? !areEqual(value, second.get(key), rule) : !takeEqual([key, value], others, rule))
      return false;
  }
  return true;
}

function fieldsOf(value: object, { isStrict }: Rule): (string | symbol)[] {
  if (!isStrict) return Object.keys(value);
  return Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}

function haveEqualFields(first: object, second: object, rule: Rule): boolean {
  if (Array.isArray(first) && first.length !== (second as unknown[]).length) return false;
  const keys = fieldsOf(first, rule);
  if (keys.length !== fieldsOf(second, rule).length) return false;
  return keys.every(
    (key) =>
      Object.prototype.propertyIsEnumerable.call(second, key) &&
      areEqual(
        (first as Record<string | symbol, unknown>)[key],
        (second as Record<string | symbol, unknown>)[key],
        rule,
      ),
  );
}
