/**
 * The border between the runtime and Node's modules (`src/node`), which are bundled with the app and so reach nothing
 * of the runtime but its globals. What they need besides hangs on the global object under a symbol.
 */
export const MACHINE = Symbol.for("skerry.machine");

/** As the handler of `export default { fetch }`, whose types the modules have from elsewhere. */
export type ServeHandler = (request: never, environment: never, context: never) => unknown;

export interface InspectOptions {
  /** How many containers deep; null: all. */
  readonly depth?: number | null | undefined;
}

export interface Machine {
  /** The app's environment, read anew. */
  environment(): Record<string, string>;
  exit(status: number): void;
  /** Whether an error went uncaught so far. */
  hadError(): boolean;
  reportError(error: unknown): void;
  write(stream: 1 | 2, text: string | Uint8Array): void;
  inspect(value: unknown, options?: InspectOptions): string;
  format(values: readonly unknown[]): string;
  encodeUtf8(text: string): ArrayBuffer;
  decodeUtf8(bytes: Uint8Array): string;
  /** Undefined where a character is beyond U+00FF. */
  encodeLatin1(text: string): ArrayBuffer | undefined;
  decodeLatin1(bytes: Uint8Array): string;
  /** Fills with random bytes, or throws. */
  fillRandom(bytes: Uint8Array): void;
  /** Compresses whole blocks: see `subtle/sha256.ts`. */
  sha256(state: Uint8Array, blocks: Uint8Array): void;
  /** Rounds of PBKDF2: see `subtle/pbkdf2.ts`. */
  stretch(state: Uint8Array, kind: number, rounds: number): void;
  setTimer(callback: () => unknown, delayMs: unknown, repeats: boolean): number;
  clearTimer(id: number): void;
  /** The other end of a request's connection; undefined where the request is over. */
  remoteOf(
    request: object,
  ): { readonly address: string; readonly family: string; readonly port: number } | undefined;
  /** The handler of requests, from now on or once the app stands; `started` is called when it is in place. */
  serve(handler: ServeHandler, started: () => void): void;
}
