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

/** Who has a channel, and is told what comes of it. */
export interface SocketOwner {
  /** A message: 1 text, whose bytes are UTF-8, 2 binary. */
  message(kind: number, bytes: Uint8Array): void;
  /** `code`: the peer's, 1006 without one, below 0 what a peer was told that broke the protocol; `error`: why we ended it. */
  closed(code: number, reason: Uint8Array, error?: Error): void;
  /** Of a channel that heeds them: 9 a ping, 10 a pong. */
  control?(opcode: number, bytes: Uint8Array): void;
}

/** A WebSocket: see `socket-channel.ts`. */
export interface SocketChannel {
  /** What the app has sent and the peer has not taken. */
  readonly waitingBytes: number;
  send(frame: number, bytes: Uint8Array, sent?: (error?: Error) => void): void;
  close(code: number, reason: Uint8Array): void;
  abort(): void;
  heed(): void;
  pause(): void;
  resume(): void;
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
  /** Ends a request's connection without an answer. */
  abandon(request: object): void;
  /** Answers a request with a WebSocket: the channel, or the kernel's `Status`. `limit`: the longest message; 0: 1 MiB. */
  acceptSocket(request: object, fields: string, limit: number, owner: SocketOwner): SocketChannel | number;
  /** Opens a WebSocket to a server; `opened`: the protocol that this chose. Throws a SyntaxError for what can be none. */
  connectSocket(
    url: string,
    init: { readonly protocols: string[]; readonly headers: Record<string, string> },
    limit: number,
    owner: SocketOwner,
  ): { readonly channel: SocketChannel; readonly opened: Promise<string> };
  /** The handler of requests, from now on or once the app stands; `started` is called when it is in place. */
  serve(handler: ServeHandler, started: () => void): void;
}
