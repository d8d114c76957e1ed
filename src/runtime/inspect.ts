/**
 * Values as text for people: what `console.log` shows.
 *
 * Follows the look that Node made familiar: nested objects to a depth, long lists cut, strings in quotes inside
 * containers, class names in front, cycles marked.
 */
import type { InspectOptions } from "./machine-calls.ts";

const DEPTH_LIMIT = 3;
const ITEM_LIMIT = 100;
/** Of a stack: the innermost are shown. */
const FRAME_LIMIT = 20;
const LINE_LENGTH = 76;
const INDENT = "  ";
/** What the runtime is called in stacks. */
const OWN_FILE = "skerry.js:";
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

interface Walk {
  /** The containers that the present value stands in. */
  readonly path: object[];
  readonly depthLimit: number;
}

/** A method by which an object shows itself, as in Node. */
const CUSTOM = Symbol.for("nodejs.util.inspect.custom");
type Custom = (depth: number, options: InspectOptions, inspect: unknown) => unknown;

/** `value` as it stands alone: a string without quotes. */
export function display(value: unknown): string {
  return typeof value === "string" ? value : inspect(value);
}

/** Never throws. */
export function inspect(value: unknown, options: InspectOptions = {}): string {
  const { depth = DEPTH_LIMIT - 1 } = options;
  return show(value, { path: [], depthLimit: (depth ?? Infinity) + 1 });
}

function show(value: unknown, walk: Walk): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "symbol":
      return value.toString();
    case "function":
      return showSafely(value, walk, showFunction);
    case "object":
      return value === null ? "null" : showSafely(value, walk, showObject);
    default:
      return String(value);
  }
}

/** A proxy or an accessor of the app may throw: what stands around it is shown all the same. */
function showSafely<Kind extends object>(
  value: Kind,
  walk: Walk,
  showKind: (value: Kind, walk: Walk) => string,
): string {
  const depth = walk.path.length;
  try {
    return showKind(value, walk);
  } catch {
    walk.path.length = depth;
    return "[not inspectable]";
  }
}

function quote(text: string): string {
  if (!text.includes("'")) return `'${escape(text)}'`;
  return text.includes('"') ? `'${escape(text).replaceAll("'", "\\'")}'` : `"${escape(text)}"`;
}

function escape(text: string): string {
  return text.replace(/[\\\0-\x1f\x7f]/g, (character) => JSON.stringify(character).slice(1, -1));
}

function showFunction(value: object & { readonly name: string }, walk: Walk): string {
  const isClass = Function.prototype.toString.call(value).startsWith("class");
  const title = `[${isClass ? "class" : "Function"}${value.name === "" ? " (anonymous)" : `: ${value.name}`}]`;
  const fields = showFields(value, walk);
  return fields.length === 0 ? title : wrap(`${title} {`, fields, "}");
}

function showObject(value: object, walk: Walk): string {
  if (walk.path.includes(value)) return "[Circular]";
  const special = showSelf(value, walk) ?? showSpecial(value);
  if (special !== undefined) return special;
  if (value instanceof Error) return showError(value, walk);
  if (walk.path.length >= walk.depthLimit)
    return `[${Array.isArray(value) ? "Array" : className(value) || "Object"}]`;
  walk.path.push(value);
  try {
    return showContainer(value, walk);
  } finally {
    walk.path.pop();
  }
}

/** What an object says of itself, unless that is the object again. */
function showSelf(value: object, walk: Walk): string | undefined {
  const custom = (value as Record<symbol, unknown>)[CUSTOM];
  if (typeof custom !== "function") return undefined;
  const depth = walk.depthLimit - 1 - walk.path.length;
  const shown: unknown = (custom as Custom).call(value, depth, { depth }, inspect);
  if (shown === value) return undefined;
  return typeof shown === "string" ? shown : show(shown, walk);
}

/** Objects that stand for one value. */
function showSpecial(value: object): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "Promise {}";
  if (value instanceof WeakMap || value instanceof WeakSet) return `${className(value)} { <items unknown> }`;
  if (value instanceof String) return `[String: ${quote(value.valueOf())}]`;
  if (value instanceof Number || value instanceof Boolean)
    return `[${className(value)}: ${String(value.valueOf())}]`;
  return undefined;
}

/** Name, message and stack; further properties and the cause below. */
export function showError(error: Error, walk: Walk): string {
  const name = readSafely(error, "name");
  const message = readSafely(error, "message");
  const title = message === "" ? name : `${name}: ${message}`;
  let text = withTitle(title, readSafely(error, "stack"));
  if (walk.path.length >= walk.depthLimit) return text;
  walk.path.push(error);
  const fields = showFields(error, walk);
  if (error.cause !== undefined && !("cause" in { ...error }))
    fields.push(`[cause]: ${show(error.cause, walk)}`);
  if (error instanceof AggregateError) fields.push(`[errors]: ${show(error.errors, walk)}`);
  walk.path.pop();
  if (fields.length > 0) text += ` ${wrap("{", fields, "}")}`;
  return text;
}

/** A stack that a program has set itself may begin with other words, or with none. */
function withTitle(title: string, stack: string): string {
  const isTitled = stack === title || stack.startsWith(`${title}\n`);
  const frames = appFrames(isTitled ? stack.slice(title.length + 1) : stack);
  if (frames === "") return title;
  return isTitled || /^\s+at /.test(frames) ? `${title}\n${frames}` : frames;
}

/** The innermost frames without the runtime's own, which say nothing about the app. */
export function appFrames(stack: string): string {
  const frames = stack
    .trimEnd()
    .split("\n")
    .filter((line) => !line.includes(OWN_FILE));
  if (frames.length <= FRAME_LIMIT) return frames.join("\n");
  return [...frames.slice(0, FRAME_LIMIT), `    ... ${frames.length - FRAME_LIMIT} more`].join("\n");
}

function readSafely(error: Error, key: "name" | "message" | "stack"): string {
  try {
    return String(error[key] ?? "");
  } catch {
    return "";
  }
}

function className(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null;
  if (prototype === null) return "[Object: null prototype]";
  const name = prototype.constructor?.name;
  return typeof name === "string" ? name : "";
}

function showContainer(value: object, walk: Walk): string {
  const name = className(value);
  if (Array.isArray(value))
    return wrap(name === "Array" ? "[" : `${name}(${value.length}) [`, showItems(value, walk), "]");
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = value as unknown as ArrayLike<unknown>;
    return wrap(`${name}(${items.length}) [`, showItems(items, walk), "]");
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
  if (value instanceof Map) {
    const entries = [...value]
      .slice(0, ITEM_LIMIT)
      .map(([key, item]) => `${show(key, walk)} => ${show(item, walk)}`);
    return wrap(`${name}(${value.size}) {`, [...entries, ...more(value.size)], "}");
  }
  if (value instanceof Set) {
    const items = [...value].slice(0, ITEM_LIMIT).map((item) => show(item, walk));
    return wrap(`${name}(${value.size}) {`, [...items, ...more(value.size)], "}");
  }
  const fields = [...showAccessors(value, walk), ...showFields(value, walk)];
  return wrap(name === "Object" || name === "" ? "{" : `${name} {`, fields, "}");
}

/** Web objects keep their state behind accessors: these are the ones worth showing. */
const ACCESSORS: Readonly<Record<string, readonly string[]>> = {
  Request: ["method", "url", "headers"],
  Response: ["status", "statusText", "headers", "bodyUsed"],
  URL: ["href"],
  AbortSignal: ["aborted"],
};

function showAccessors(value: object, walk: Walk): string[] {
  const name = className(value);
  if (name === "Headers" || name === "URLSearchParams") {
    return [...(value as Iterable<[string, string]>)].map(([key, item]) => `${showKey(key)}: ${quote(item)}`);
  }
  return (ACCESSORS[name] ?? []).map(
    (key) => `${key}: ${show((value as Record<string, unknown>)[key], walk)}`,
  );
}

function showItems(items: ArrayLike<unknown>, walk: Walk): string[] {
  const shown: string[] = [];
  for (let index = 0; index < Math.min(items.length, ITEM_LIMIT); index++) {
    shown.push(index in items ? show(items[index], walk) : "<empty>");
  }
  return [...shown, ...more(items.length)];
}

function more(count: number): string[] {
  return count > ITEM_LIMIT ? [`... ${count - ITEM_LIMIT} more`] : [];
}

function showKey(key: string | symbol): string {
  if (typeof key === "symbol") return `[${key.toString()}]`;
  return IDENTIFIER.test(key) ? key : quote(key);
}

function showFields(value: object, walk: Walk): string[] {
  const fields: string[] = [];
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !property.enumerable) continue;
    if (fields.length >= ITEM_LIMIT) return [...fields, "..."];
    const shown = "value" in property ? show(property.value, walk) : accessorName(property);
    fields.push(`${showKey(key)}: ${shown}`);
  }
  return fields;
}

function accessorName(property: PropertyDescriptor): string {
  if (property.get === undefined) return "[Setter]";
  return property.set === undefined ? "[Getter]" : "[Getter/Setter]";
}

/** On one line where it fits, else one item a line. */
function wrap(opening: string, items: readonly string[], closing: string): string {
  if (items.length === 0) return opening + closing;
  const length = items.reduce((sum, item) => sum + item.length + 2, opening.length);
  if (length <= LINE_LENGTH && !items.some((item) => item.includes("\n"))) {
    return closing === "]" ? `${opening} ${items.join(", ")} ]` : `${opening} ${items.join(", ")} }`;
  }
  const lines = items.map((item) => INDENT + item.replaceAll("\n", `\n${INDENT}`));
  return `${opening}\n${lines.join(",\n")}\n${closing}`;
}
