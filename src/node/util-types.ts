/** node:util/types (Node 20): what a value is, by what only the engine could have put there. */

const tagOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether a method that needs the internal slot accepts the value. */
function has(probe: (value: never) => unknown): (value: unknown) => boolean {
  return (value) => {
    if (!isObject(value)) return false;
    try {
      probe(value as never);
      return true;
    } catch {
      return false;
    }
  };
}

const getter = (prototype: object, name: string) =>
  Object.getOwnPropertyDescriptor(prototype, name)!.get! as (this: unknown) => unknown;
const typedArrayName = getter(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag as never,
);
const arrayName = (value: unknown) => (isObject(value) ? typedArrayName.call(value) : undefined);
const mapSize = getter(Map.prototype, "size");
const setSize = getter(Set.prototype, "size");

export const isDate = has((value) => Date.prototype.getTime.call(value));
export const isRegExp = has((value) => getter(RegExp.prototype, "source").call(value) === "" || true);
export const isMap = has((value) => mapSize.call(value));
export const isSet = has((value) => setSize.call(value));
export const isWeakMap = has((value) => WeakMap.prototype.has.call(value, {}));
export const isWeakSet = has((value) => WeakSet.prototype.has.call(value, {}));
export const isNumberObject = has((value) => Number.prototype.valueOf.call(value));
export const isStringObject = has((value) => String.prototype.valueOf.call(value));
export const isBooleanObject = has((value) => Boolean.prototype.valueOf.call(value));
export const isSymbolObject = has((value) => Symbol.prototype.valueOf.call(value));
export const isBigIntObject = has((value) => BigInt.prototype.valueOf.call(value));
export const isBoxedPrimitive = (value: unknown): boolean =>
  [isNumberObject, isStringObject, isBooleanObject, isSymbolObject, isBigIntObject].some((is) => is(value));
export const isNativeError = (value: unknown): boolean => value instanceof Error;
export const isPromise = (value: unknown): boolean => value instanceof Promise;
export const isArrayBuffer = (value: unknown): boolean => value instanceof ArrayBuffer;
export const isSharedArrayBuffer = (value: unknown): boolean => value instanceof SharedArrayBuffer;
export const isAnyArrayBuffer = (value: unknown): boolean =>
  isArrayBuffer(value) || isSharedArrayBuffer(value);
export const isArrayBufferView = (value: unknown): boolean => ArrayBuffer.isView(value);
export const isDataView = (value: unknown): boolean => value instanceof DataView;
export const isTypedArray = (value: unknown): boolean => arrayName(value) !== undefined;
export const isUint8Array = (value: unknown): boolean => arrayName(value) === "Uint8Array";
export const isUint8ClampedArray = (value: unknown): boolean => arrayName(value) === "Uint8ClampedArray";
export const isUint16Array = (value: unknown): boolean => arrayName(value) === "Uint16Array";
export const isUint32Array = (value: unknown): boolean => arrayName(value) === "Uint32Array";
export const isInt8Array = (value: unknown): boolean => arrayName(value) === "Int8Array";
export const isInt16Array = (value: unknown): boolean => arrayName(value) === "Int16Array";
export const isInt32Array = (value: unknown): boolean => arrayName(value) === "Int32Array";
export const isFloat32Array = (value: unknown): boolean => arrayName(value) === "Float32Array";
export const isFloat64Array = (value: unknown): boolean => arrayName(value) === "Float64Array";
export const isBigInt64Array = (value: unknown): boolean => arrayName(value) === "BigInt64Array";
export const isBigUint64Array = (value: unknown): boolean => arrayName(value) === "BigUint64Array";
export const isArgumentsObject = (value: unknown): boolean => isObject(value) && tagOf(value) === "Arguments";
export const isMapIterator = (value: unknown): boolean => isObject(value) && tagOf(value) === "Map Iterator";
export const isSetIterator = (value: unknown): boolean => isObject(value) && tagOf(value) === "Set Iterator";
export const isGeneratorObject = (value: unknown): boolean => isObject(value) && tagOf(value) === "Generator";
export const isAsyncFunction = (value: unknown): boolean =>
  typeof value === "function" && tagOf(value).startsWith("Async");
export const isGeneratorFunction = (value: unknown): boolean =>
  typeof value === "function" && tagOf(value).endsWith("GeneratorFunction");
export const isModuleNamespaceObject = (value: unknown): boolean =>
  isObject(value) && tagOf(value) === "Module";
/** The engine shows none of these. */
export const isProxy = (_value: unknown): boolean => false;
export const isExternal = (_value: unknown): boolean => false;
export const isKeyObject = (value: unknown): boolean => isObject(value) && tagOf(value) === "KeyObject";
export const isCryptoKey = (value: unknown): boolean => isObject(value) && tagOf(value) === "CryptoKey";

const types = {
  isDate,
  isRegExp,
  isMap,
  isSet,
  isWeakMap,
  isWeakSet,
  isNumberObject,
  isStringObject,
  isBooleanObject,
  isSymbolObject,
  isBigIntObject,
  isBoxedPrimitive,
  isNativeError,
  isPromise,
  isArrayBuffer,
  isSharedArrayBuffer,
  isAnyArrayBuffer,
  isArrayBufferView,
  isDataView,
  isTypedArray,
  isUint8Array,
  isUint8ClampedArray,
  isUint16Array,
  isUint32Array,
  isInt8Array,
  isInt16Array,
  isInt32Array,
  isFloat32Array,
  isFloat64Array,
  isBigInt64Array,
  isBigUint64Array,
  isArgumentsObject,
  isMapIterator,
  isSetIterator,
  isGeneratorObject,
  isAsyncFunction,
  isGeneratorFunction,
  isModuleNamespaceObject,
  isProxy,
  isExternal,
  isKeyObject,
  isCryptoKey,
};
export default types;
