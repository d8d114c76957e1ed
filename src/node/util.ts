/**
 * node:util (Node 20). What it shows of values is what the console shows (`src/runtime/inspect.ts`).
 *
 * Tests:  util.test.ts, beside Node's own
 */
import { isDeepEqual } from "./deep-equal.ts";
import { invalidType, invalidValue, requireFunction } from "./errors.ts";
import { machine } from "./machine.ts";
import process from "./process.ts";
import types from "./util-types.ts";

type Callback = (error: unknown, value?: unknown) => void;
type Any = (this: unknown, ...values: never[]) => unknown;

const CUSTOM_PROMISE = Symbol.for("nodejs.util.promisify.custom");
const ANSI_SEQUENCES =
  /[\u001b\u009b](?:\[|\]|[#;?()])*(?:(?:[^\u0007]*\u0007)|(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~])/g;

interface InspectOptions {
  depth?: number | null;
  [name: string]: unknown;
}

export const inspect = Object.assign(
  (value: unknown, options?: InspectOptions | boolean, depth?: number | null): string => {
    const chosen = typeof options === "object" && options !== null ? options.depth : depth;
    return typeof value === "string" ? quote(value) : machine.inspect(value, { depth: chosen });
  },
  {
    custom: Symbol.for("nodejs.util.inspect.custom"),
    defaultOptions: { depth: 2 },
    colors: {} as Record<string, readonly [number, number]>,
    styles: {} as Record<string, string>,
  },
);

const quote = (text: string) => machine.inspect(text);

export function format(...values: unknown[]): string {
  return machine.format(values);
}

export function formatWithOptions(_options: InspectOptions, ...values: unknown[]): string {
  return machine.format(values);
}

export function inherits(constructor: Any, parent: Any): void {
  if (typeof constructor !== "function") throw invalidType("ctor", "function", constructor);
  if (typeof parent !== "function") throw invalidType("superCtor", "function", parent);
  if (parent.prototype === undefined) throw invalidType("superCtor.prototype", "Object", parent.prototype);
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype as object, parent.prototype as object);
}

export const promisify = Object.assign(
  (original: Any): ((...values: unknown[]) => Promise<unknown>) => {
    requireFunction(original, "original");
    const own = (original as unknown as Record<symbol, unknown>)[CUSTOM_PROMISE];
    if (own !== undefined) {
      requireFunction(own, "util.promisify.custom");
      return own as never;
    }
    function promised(this: unknown, ...values: unknown[]): Promise<unknown> {
      return new Promise((resolve, reject) => {
        const done: Callback = (error, value) => (error ? reject(error as Error) : resolve(value));
        original.apply(this, [...values, done] as never[]);
      });
    }
    Object.setPrototypeOf(promised, Object.getPrototypeOf(original) as object);
    Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
    return promised;
  },
  { custom: CUSTOM_PROMISE },
);

export function callbackify(original: Any): (...values: unknown[]) => void {
  requireFunction(original, "original");
  return function (this: unknown, ...values: unknown[]) {
    const done = values.pop() as Callback;
    requireFunction(done, "last argument");
    void (original.apply(this, values as never[]) as Promise<unknown>).then(
      (value) => process.nextTick(() => done(null, value)),
      (error: unknown) => process.nextTick(() => done(error ?? rejectedWith(error))),
    );
  };
}

function rejectedWith(reason: unknown): Error {
  return Object.assign(new Error("Promise was rejected with a falsy value"), {
    code: "ERR_FALSY_VALUE_REJECTION",
    reason,
  });
}

const told = new Set<string>();

export function deprecate<F extends Any>(original: F, message: string, code?: string): F {
  let isTold = false;
  function deprecated(this: unknown, ...values: never[]): unknown {
    if (!isTold && !(code !== undefined && told.has(code))) {
      isTold = true;
      if (code !== undefined) told.add(code);
      process.emitWarning(message, { type: "DeprecationWarning", ...(code === undefined ? {} : { code }) });
    }
    return new.target
      ? (Reflect.construct(original, values, new.target) as object)
      : original.apply(this, values);
  }
  Object.setPrototypeOf(deprecated, original);
  if (original.prototype) deprecated.prototype = original.prototype as object;
  return deprecated as F;
}

/** Sections named by `NODE_DEBUG`, which is read when something is to be logged. */
export function debuglog(section: string): ((...values: unknown[]) => void) & { readonly enabled: boolean } {
  const isEnabled = () =>
    (process.env["NODE_DEBUG"] ?? "").split(",").some((one) => one.toUpperCase() === section.toUpperCase());
  const log = (...values: unknown[]) => {
    if (isEnabled()) machine.write(2, `${section.toUpperCase()} 1: ${format(...values)}\n`);
  };
  return Object.defineProperty(log, "enabled", { get: isEnabled }) as never;
}
export const debug = debuglog;

export function isDeepStrictEqual(first: unknown, second: unknown): boolean {
  return isDeepEqual(first, second, true);
}

export function stripVTControlCharacters(text: string): string {
  if (typeof text !== "string") throw invalidType("str", "string", text);
  return text.replace(ANSI_SEQUENCES, "");
}

export function toUSVString(text: unknown): string {
  return String(text).replace(/\p{Surrogate}/gu, "\ufffd");
}

/** Whoever reads the console is no terminal: the text as it is. */
export function styleText(_format: string | readonly string[], text: string): string {
  return text;
}

export function aborted(signal: AbortSignal, resource: object): Promise<void> {
  if (typeof resource !== "object" || resource === null) throw invalidType("resource", "Object", resource);
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** The reverse of an error's number; a machine knows only those that its own modules give. */
export function getSystemErrorName(number: number): string {
  const names: Readonly<Record<number, string>> = {
    [-2]: "ENOENT",
    [-20]: "ENOTDIR",
    [-30]: "EROFS",
    [-98]: "EADDRINUSE",
  };
  const name = names[number];
  if (name === undefined) throw invalidValue("err", number);
  return name;
}

const isOf = (type: string) => (value: unknown) => typeof value === type;
export const isArray = Array.isArray;
export const isBoolean = isOf("boolean");
export const isNumber = isOf("number");
export const isString = isOf("string");
export const isSymbol = isOf("symbol");
export const isUndefined = isOf("undefined");
export const isFunction = isOf("function");
export const isNull = (value: unknown) => value === null;
export const isNullOrUndefined = (value: unknown) => value === null || value === undefined;
export const isObject = (value: unknown) => typeof value === "object" && value !== null;
export const isPrimitive = (value: unknown) => !isObject(value) && !isFunction(value);
export const isRegExp = types.isRegExp;
export const isDate = types.isDate;
export const isError = types.isNativeError;

export function log(...values: unknown[]): void {
  console.log("%s - %s", new Date().toISOString(), format(...values));
}

export function _extend(target: object, source: object | null): object {
  return Object.assign(target, source);
}

const { TextDecoder, TextEncoder } = globalThis;
export { TextDecoder, TextEncoder, types };

export default {
  TextDecoder,
  TextEncoder,
  _extend,
  aborted,
  callbackify,
  debug,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  getSystemErrorName,
  inherits,
  inspect,
  isArray,
  isBoolean,
  isDate,
  isDeepStrictEqual,
  isError,
  isFunction,
  isNull,
  isNullOrUndefined,
  isNumber,
  isObject,
  isPrimitive,
  isRegExp,
  isString,
  isSymbol,
  isUndefined,
  log,
  promisify,
  stripVTControlCharacters,
  styleText,
  toUSVString,
  types,
};
