/** DOMException (Web IDL, section 2.8.1): an Error with a name from a fixed list, some with an old number. */
import { defineConstants, nameClass } from "./globals.ts";

const CODES: Readonly<Record<string, number>> = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

/** Numbers that only old code knows, without an error of that name today. */
const FORMER_CODES = [
  ["DOMSTRING_SIZE_ERR", 2],
  ["NO_DATA_ALLOWED_ERR", 6],
  ["VALIDATION_ERR", 16],
] as const;

export class DOMException extends Error {
  readonly #name: string;
  readonly #message: string;

  constructor(message = "", name = "Error") {
    super();
    this.#message = String(message);
    this.#name = String(name);
  }

  override get name(): string {
    return this.#name;
  }

  override get message(): string {
    return this.#message;
  }

  get code(): number {
    return CODES[this.#name] ?? 0;
  }
}
nameClass(DOMException, "DOMException");
const constants = [
  ...Object.entries(CODES).map(([name, code]) => [constantOf(name), code] as const),
  ...FORMER_CODES,
];
defineConstants(DOMException, Object.fromEntries(constants.sort(([, first], [, second]) => first - second)));

/** "InvalidStateError" -> "INVALID_STATE_ERR" */
function constantOf(name: string): string {
  return name
    .replace(/Error$/, "Err")
    .replace(/([a-z])(?=[A-Z])/g, "$1_")
    .toUpperCase();
}
