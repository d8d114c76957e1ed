/** Errors with the codes and sentences of Node's, which packages compare. */

type Constructor = new (message: string) => Error;

/** An error whose `code` is set, and whose stack shows it. */
export function coded(Kind: Constructor, code: string, message: string): Error {
  const error = new Kind(message);
  Object.defineProperty(error, "code", { value: code, enumerable: true, writable: true, configurable: true });
  return error;
}

/** `Object` and `Function` count as types, as in Node. */
const CLASS_NAME = /^[A-Z](?!bject$|unction$)/;

/** `an instance of Buffer`, `of type string`: what may be given. */
function expectation(expected: readonly string[]): string {
  const types = expected.filter((one) => !CLASS_NAME.test(one)).map((one) => one.toLowerCase());
  const classes = expected.filter((one) => CLASS_NAME.test(one));
  const parts: string[] = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? "one of type" : "of type"} ${list(types)}`);
  if (classes.length > 0) parts.push(`an instance of ${list(classes)}`);
  return parts.join(" or ");
}

function list(words: readonly string[]): string {
  if (words.length < 3) return words.join(" or ");
  return `${words.slice(0, -1).join(", ")}, or ${words.at(-1)}`;
}

/** What was given instead, as Node says it. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return ` Received ${value}`;
  if (typeof value === "function") return ` Received function ${value.name}`;
  if (typeof value === "object") {
    const name = (value.constructor as { name?: string } | undefined)?.name;
    return name ? ` Received an instance of ${name}` : " Received [Object: null prototype] {}";
  }
  let shown = typeof value === "string" ? `'${value}'` : String(value);
  if (typeof value === "bigint") shown += "n";
  if (shown.length > 28) shown = `${shown.slice(0, 25)}...`;
  return ` Received type ${typeof value} (${shown})`;
}

export function invalidType(name: string, expected: string | readonly string[], value: unknown): Error {
  const kind = name.includes(".") ? "property" : "argument";
  const subject = name.endsWith(" argument") ? `The ${name}` : `The "${name}" ${kind}`;
  const wanted = expectation(typeof expected === "string" ? [expected] : expected);
  return coded(TypeError, "ERR_INVALID_ARG_TYPE", `${subject} must be ${wanted}.${received(value)}`);
}

export function invalidValue(name: string, value: unknown, reason = "is invalid"): Error {
  const shown = typeof value === "string" ? `'${value}'` : String(value);
  const kind = name.includes(".") ? "property" : "argument";
  return coded(TypeError, "ERR_INVALID_ARG_VALUE", `The ${kind} '${name}' ${reason}. Received ${shown}`);
}

/** Thousands in a number are set apart by `_`, as in Node's sentences. */
function showNumber(value: unknown): string {
  if (typeof value === "bigint") return `${grouped(String(value))}n`;
  if (typeof value !== "number") return typeof value === "string" ? `'${value}'` : String(value);
  return Number.isInteger(value) && Math.abs(value) > 2 ** 32 ? grouped(String(value)) : String(value);
}

const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+$)/g, "_");

export function outOfRange(name: string, range: string, value: unknown): Error {
  return coded(
    RangeError,
    "ERR_OUT_OF_RANGE",
    `The value of "${name}" is out of range. It must be ${range}. Received ${showNumber(value)}`,
  );
}

export function unknownEncoding(encoding: unknown): Error {
  return coded(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${String(encoding)}`);
}

/** What Node has and a machine does not. */
export function notHere(what: string, instead?: string): Error {
  const hint = instead === undefined ? "" : `: ${instead}`;
  return coded(Error, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", `${what} is not in a Skerry image${hint}`);
}

export function requireFunction(value: unknown, name: string): void {
  if (typeof value !== "function") throw invalidType(name, "function", value);
}

export function requireString(value: unknown, name: string): void {
  if (typeof value !== "string") throw invalidType(name, "string", value);
}

export function requireInteger(value: unknown, name: string, least: number, most: number): void {
  if (typeof value !== "number") throw invalidType(name, "number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
}
