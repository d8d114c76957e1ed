/**
 * What this part of the script has from the runtime: it is bundled by itself, and classes must be the runtime's own.
 */
export interface Platform {
  readonly DOMException: new (message: string, name: string) => Error;
  readonly fillRandom: (bytes: Uint8Array) => void;
  readonly nameClass: (constructor: { readonly prototype: object }, name: string) => void;
  readonly requireArguments: (given: { readonly length: number }, count: number, what: string) => void;
  readonly sha256: (state: Uint8Array, blocks: Uint8Array) => void;
  readonly stretch: (state: Uint8Array, kind: number, rounds: number) => void;
  readonly encodeUtf8: (text: string) => Uint8Array;
  readonly decodeUtf8: (bytes: Uint8Array) => string;
}

let platform: Platform;

export function setPlatform(given: Platform): void {
  platform = given;
}

export const having = (): Platform => platform;

export type FailureName =
  "NotSupportedError" | "SyntaxError" | "DataError" | "OperationError" | "InvalidAccessError";

export function failure(name: FailureName, message: string): Error {
  return new platform.DOMException(message, name);
}

export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  platform.fillRandom(bytes);
  return bytes;
}

/** A copy: whoever gave the bytes may change them. */
export function copyBytes(value: unknown, what: string): Uint8Array {
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  throw new TypeError(`${what} must be bytes`);
}

/** Web IDL's [EnforceRange]. */
export function toInteger(value: unknown, limit: number, what: string): number {
  const number = Math.trunc(Number(value));
  if (Number.isFinite(number) && number >= 0 && number <= limit) return number;
  throw new TypeError(`${what} must be a whole number from 0 to ${limit}`);
}

/** Takes as long for equal as for different bytes of one length. */
export function areEqual(first: Uint8Array, second: Uint8Array): boolean {
  if (first.length !== second.length) return false;
  let difference = 0;
  for (let index = 0; index < first.length; index++) difference |= first[index]! ^ second[index]!;
  return difference === 0;
}
