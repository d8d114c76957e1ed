/**
 * structuredClone (HTML Standard, section 2.7), in the standard's two steps: a value becomes a form that shares
 * nothing with it, and a form becomes a value. Between the two, what is transferred changes hands.
 *
 * Interfaces say with `defineClone` how they are copied and with `defineTransfer` how they are handed over; all
 * other platform objects refuse.
 */
import { DOMException } from "./dom-exception.ts";
import { hide } from "./engine-errors.ts";
import { interfaceOf, requireArguments } from "./globals.ts";

/** How a value is made anew: first the object, then what it holds, which may be the object again. */
interface Form {
  create(revive: (form: Form) => unknown): unknown;
  fill?(copy: unknown, revive: (form: Form) => unknown): void;
}

type Memory = Map<object, Form>;
type Prototype<T> = { readonly prototype: T };

export interface CloneOptions {
  readonly transfer?: Iterable<object>;
}

const ERRORS = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
/** Objects with an inside that cannot be copied. */
const REFUSED = [Promise, WeakMap, WeakSet, WeakRef, FinalizationRegistry];
const REFUSED_TAGS = /^\[object (?:Async)?(?:Generator|.* Iterator)\]$/;

const clones = new Map<object, (value: never) => () => unknown>();
const transfers = new Map<object, (value: never) => unknown>();

/** `read` takes what is to be copied, and gives what makes a copy of it. */
export function defineClone<T extends object>(
  { prototype }: Prototype<T>,
  read: (value: T) => () => T,
): void {
  clones.set(prototype, read);
}

/** `move` gives an object that has what this one had; this one has it no more. */
export function defineTransfer<T extends object>({ prototype }: Prototype<T>, move: (value: T) => T): void {
  transfers.set(prototype, move);
}

function failure(message: string): DOMException {
  return new DOMException(message, "DataCloneError");
}

export function structuredClone(value: unknown, options?: CloneOptions): unknown {
  requireArguments(arguments, 1, "structuredClone");
  return serialize(value, options?.transfer ?? []).revive();
}

export interface Serialized {
  revive(): unknown;
  /** What each transferred object became, in order. */
  readonly moved: readonly unknown[];
}

export function serialize(value: unknown, transfer: Iterable<object>): Serialized {
  const items = [...transfer];
  const memory: Memory = new Map();
  const moved: unknown[] = [];
  for (const [index, item] of items.entries()) {
    if (memory.has(item)) throw failure("An object is listed twice for transfer");
    if (moverOf(item) === undefined) throw failure(`${nameOf(item)} cannot be transferred`);
    memory.set(item, { create: () => moved[index] });
  }
  const form = formOf(value, memory);
  for (const item of items) moved.push(moverOf(item)!(item as never));
  return { moved, revive: () => revive(form) };
}

function moverOf(item: unknown): ((value: never) => unknown) | undefined {
  if (item instanceof ArrayBuffer) return moveBuffer;
  return typeof item === "object" && item !== null ? transfers.get(interfaceOf(item)!) : undefined;
}

function moveBuffer(buffer: ArrayBuffer): ArrayBuffer {
  if (buffer.detached) throw failure("A detached ArrayBuffer cannot be transferred");
  return buffer.transfer();
}

function revive(form: Form): unknown {
  const made = new Map<Form, unknown>();
  const make = (one: Form): unknown => {
    if (made.has(one)) return made.get(one);
    const copy = one.create(make);
    made.set(one, copy);
    one.fill?.(copy, make);
    return copy;
  };
  return make(form);
}

function nameOf(value: object): string {
  return value.constructor?.name || "An object";
}

function formOf(value: unknown, memory: Memory): Form {
  if (typeof value === "symbol") throw failure(`${value.toString()} could not be cloned`);
  if (typeof value === "function") throw failure(`${value.name || "A function"} could not be cloned`);
  if (typeof value !== "object" || value === null) return { create: () => value };
  const known = memory.get(value);
  if (known !== undefined) return known;
  // The memory has the form before it is whole: an object may hold itself.
  const form: Form = { create: () => undefined };
  memory.set(value, form);
  return Object.assign(form, objectForm(value, memory));
}

function objectForm(value: object, memory: Memory): Form {
  const platform = interfaceOf(value);
  if (platform !== undefined) {
    const read = clones.get(platform);
    if (read === undefined) throw failure(`${nameOf(value)} could not be cloned`);
    return { create: read(value as never) };
  }
  if (Array.isArray(value)) {
    const { length } = value;
    return withFields(value, () => new Array<unknown>(length), memory);
  }
  const simple = simpleForm(value) ?? bufferForm(value, memory) ?? collectionForm(value, memory);
  if (simple !== undefined) return simple;
  if (value instanceof Error) return errorForm(value, memory);
  if (
    REFUSED.some((kind) => value instanceof kind) ||
    REFUSED_TAGS.test(Object.prototype.toString.call(value))
  )
    throw failure(`${nameOf(value)} could not be cloned`);
  return withFields(value, () => ({}), memory);
}

/** Objects that stand for one value. */
function simpleForm(value: object): Form | undefined {
  if (value instanceof Date) {
    const time = value.getTime();
    return { create: () => new Date(time) };
  }
  if (value instanceof RegExp) {
    const { source, flags } = value;
    return { create: () => new RegExp(source, flags) };
  }
  for (const kind of [String, Number, Boolean, BigInt]) {
    if (!(value instanceof kind)) continue;
    const inner = value.valueOf();
    return { create: () => Object(inner) as object };
  }
  return Object.prototype.toString.call(value) === "[object Symbol]"
    ? { create: () => refuseSymbol() }
    : undefined;
}

function refuseSymbol(): never {
  throw failure("A Symbol object could not be cloned");
}

function bufferForm(value: object, memory: Memory): Form | undefined {
  if (value instanceof SharedArrayBuffer) return { create: () => value };
  if (value instanceof ArrayBuffer) {
    if (value.detached) throw failure("A detached ArrayBuffer could not be cloned");
    const copy = value.resizable ? copyResizable(value) : value.slice(0);
    return { create: () => copy };
  }
  if (!ArrayBuffer.isView(value)) return undefined;
  const view = value as Uint8Array;
  if (isOutOfBounds(view)) throw failure("A view beyond the end of its buffer could not be cloned");
  const { byteOffset } = view;
  const buffer = formOf(view.buffer, memory);
  const tag = (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "DataView";
  const kind = (globalThis as unknown as Record<string, ViewConstructor>)[tag]!;
  const fixed = tag === "DataView" ? view.byteLength : view.length;
  const length = followsLength(view) ? undefined : fixed;
  return { create: (make) => new kind(make(buffer) as ArrayBuffer, byteOffset, length) };
}

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length?: number) => ArrayBufferView;

/** Its numbers say nothing then, but its methods refuse. */
function isOutOfBounds(view: ArrayBufferView): boolean {
  try {
    if (view instanceof DataView) return view.byteLength < 0;
    (view as Uint8Array).keys();
    return false;
  } catch {
    return true;
  }
}

/** Whether a view is as long as its buffer, whatever becomes of that: nothing but a change of it tells. */
function followsLength(view: ArrayBufferView): boolean {
  const buffer = view.buffer as ArrayBuffer;
  if (!buffer.resizable) return false;
  const { byteLength } = buffer;
  const before = view.byteLength;
  const step = (view as Uint8Array).BYTES_PER_ELEMENT ?? 1;
  if (byteLength + step <= buffer.maxByteLength) {
    buffer.resize(byteLength + step);
    const follows = view.byteLength !== before;
    buffer.resize(byteLength);
    return follows;
  }
  if (before < step) return false;
  const tail = new Uint8Array(buffer).slice(byteLength - step);
  buffer.resize(byteLength - step);
  let follows: boolean;
  try {
    // One of a fixed length is out of bounds now.
    follows = view.byteLength === before - step && before > step;
  } catch {
    follows = false;
  }
  buffer.resize(byteLength);
  new Uint8Array(buffer).set(tail, byteLength - step);
  return follows;
}

function copyResizable(buffer: ArrayBuffer): ArrayBuffer {
  const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(copy).set(new Uint8Array(buffer));
  return copy;
}

function collectionForm(value: object, memory: Memory): Form | undefined {
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => [formOf(key, memory), formOf(item, memory)] as const);
    return {
      create: () => new Map<unknown, unknown>(),
      fill(copy, make) {
        for (const [key, item] of entries) (copy as Map<unknown, unknown>).set(make(key), make(item));
      },
    };
  }
  if (!(value instanceof Set)) return undefined;
  const items = [...value].map((item) => formOf(item, memory));
  return {
    create: () => new Set<unknown>(),
    fill(copy, make) {
      for (const item of items) (copy as Set<unknown>).add(make(item));
    },
  };
}

/** Its name decides its kind; message, stack and cause go along. */
function errorForm(error: Error, memory: Memory): Form {
  const name = String(error.name);
  const kind = ERRORS.find((one) => one.name === name) ?? Error;
  const message = Object.getOwnPropertyDescriptor(error, "message");
  const text = message !== undefined && "value" in message ? String(message.value) : undefined;
  const { stack } = error;
  const cause = Object.hasOwn(error, "cause") ? formOf(error.cause, memory) : undefined;
  return {
    create: () => new kind(text),
    fill(copy, make) {
      hide(copy as Error, "stack", stack);
      if (cause !== undefined) hide(copy as Error, "cause", make(cause));
    },
  };
}

function withFields(value: object, create: () => object, memory: Memory): Form {
  const fields: (readonly [string, Form])[] = [];
  for (const key of Object.keys(value)) {
    // A getter before may have removed it.
    if (!Object.hasOwn(value, key)) continue;
    fields.push([key, formOf((value as Record<string, unknown>)[key], memory)]);
  }
  return {
    create,
    fill(copy, make) {
      for (const [key, form] of fields) {
        Object.defineProperty(copy, key, {
          value: make(form),
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
    },
  };
}

defineClone(DOMException, ({ message, name, stack }) => () => {
  const copy = new DOMException(message, name);
  hide(copy, "stack", stack);
  return copy;
});
