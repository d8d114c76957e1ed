/**
 * The border inside a JavaScript app's compartment: what the runtime (JavaScript, in the engine) calls in its
 * face (Wasm), and what the face calls in the runtime. Positions in two arrays of functions that the two hand
 * each other at start. Valid TypeScript and valid AssemblyScript: both sides read this file.
 *
 * Bytes are always a Uint8Array; `Status` numbers are negative (`src/abi/status.ts`). Times are milliseconds.
 */
export const enum HostCall {
  /** (stream, text) */
  ConsoleWrite = 0,
  /** () -> milliseconds since boot */
  Monotonic = 1,
  /** () -> milliseconds since 1970 */
  Realtime = 2,
  /** (monotonic milliseconds; negative: none) */
  Alarm = 3,
  /** (bytes) -> Status */
  FillRandom = 4,
  /** (status) */
  Exit = 5,
  /** () -> text, `NAME=value` lines */
  Environment = 6,
  /** (text) -> ArrayBuffer of UTF-8 */
  Encode = 7,
  /** (bytes, fatal) -> text, or undefined where `fatal` and the bytes are no UTF-8 */
  Decode = 8,
  /** (part) -> the value of a part of the script that is evaluated when first used */
  EvaluatePart = 9,
  /** (): this app has no handler, and ends when nothing is left to do */
  RunsToEnd = 10,
  /** (port) -> Status */
  Listen = 11,
  /** (request) -> text, or Status */
  MethodName = 12,
  /** (request) -> text: its whole URL, or Status */
  Address = 13,
  /** (request, name) -> text, or Status */
  Header = 14,
  /** (request) -> text: `name: value\r\n` each, or Status */
  Headers = 15,
  /** (request) -> size, 0: none, -1: chunked */
  BodySize = 16,
  /** (request) -> ArrayBuffer, or Status */
  Read = 17,
  /** (request, status, fields, text or bytes or undefined) -> Status */
  Respond = 18,
  /** (request, status, fields, body size; -1: chunked) -> Status */
  Begin = 19,
  /** (request, bytes) -> how many were taken, or Status */
  Write = 20,
  /** (request) -> Status */
  End = 21,
  /** (request) */
  Abort = 22,
  /** (request) -> ArrayBuffer: 16 address bytes, 2 port bytes, or Status */
  Remote = 23,
  /** (text of Latin-1 characters) -> ArrayBuffer, or Status */
  EncodeLatin1 = 24,
  /** (bytes) -> text of Latin-1 characters */
  DecodeLatin1 = 25,
  /** () -> a number from 0 up to 1, for `Math.random` */
  Random = 26,
  /** (head: `GET url` and fields, lines ended by `\r\n`; body size, -1: chunked, -2: asks for a WebSocket) -> exchange, or Status */
  FetchBegin = 27,
  /** (exchange, bytes) -> how many were taken, or Status */
  FetchWrite = 28,
  /** (exchange) -> Status */
  FetchEnd = 29,
  /** (exchange) -> text: `status reason\r\n` and fields, or Status */
  FetchHead = 30,
  /** (exchange) -> ArrayBuffer, or Status */
  FetchRead = 31,
  /** (exchange) */
  FetchAbort = 32,
  /** (request, fields, longest message in bytes; 0: 1 MiB) -> socket, or Status */
  SocketAccept = 33,
  /** (socket, opcode and 0x80, bytes) -> Status */
  SocketSend = 34,
  /** (socket) -> opcode of the message that is read */
  SocketKind = 35,
  /** (socket) -> ArrayBuffer, or Status */
  SocketRead = 36,
  /** (socket, code, bytes of the reason) -> Status */
  SocketClose = 37,
  /** (socket) -> ArrayBuffer: the peer's reason, or what its ping or pong carries */
  SocketReason = 38,
  /** (socket): pings and pongs are told from now on */
  SocketHeed = 39,
  /** (socket): ends it at once, and tells nothing */
  SocketAbort = 40,
  /** (head: `GET /path` and fields, lines ended by `\r\n`) -> ArrayBuffer as `AssetAnswer`, or Status */
  AssetLook = 41,
  /** (from, how many bytes) -> ArrayBuffer, or Status */
  AssetRead = 42,
  /** (running hash with its tables, whole blocks) -> Status: see `src/faces/js/sha2.ts` */
  Sha256 = 43,
  /** (exchange, longest message in bytes; 0: 1 MiB) -> socket, or Status */
  SocketAdopt = 44,
  /** (text) -> 1 where it is a URL of http or https just as it would be serialised, else 0 */
  PlainUrl = 45,
  /** (text of such a URL, `UrlPart`) -> text, or Status */
  UrlPart = 46,
  /** (state, kind of hash, rounds) -> Status: see `src/faces/js/stretch.ts` */
  Stretch = 47,
  Count = 48,
}

/** A part of a URL, as the getter of that name gives it. */
export const enum UrlPart {
  Origin = 0,
  Protocol = 1,
  Host = 2,
  Hostname = 3,
  Port = 4,
  Pathname = 5,
  Search = 6,
}

/** What the runtime gives to the face. */
export const enum RuntimeCall {
  /** (namespace of the app's module, or a promise of it) */
  Start = 0,
  /** (0: the alarm's time has come; 1: a timer's jobs are done) -> whether there is more to do */
  Alarm = 1,
  /** (request) -> undefined where it is answered, else what the handler gave */
  HttpRequest = 2,
  HttpReadable = 3,
  HttpWritable = 4,
  HttpClosed = 5,
  /** (error, request or -1): an entry ended with this error */
  Failed = 6,
  /** (): no job is left, and the app has no handler */
  Settled = 7,
  /** (exchange) */
  FetchHead = 8,
  FetchReadable = 9,
  FetchWritable = 10,
  /** (exchange, `Failure`) */
  FetchFailed = 11,
  /** (socket) */
  SocketReadable = 12,
  SocketWritable = 13,
  /** (socket, code) */
  SocketClosed = 14,
  /** (what the handler's promise was kept with, request) */
  HttpSettled = 15,
  /** (what the handler gave, request): the entry's jobs are done, and it is no promise that was kept */
  HttpWaiting = 16,
  /** (promise, reason): rejected, and nobody listens; to be noted, no more */
  Rejected = 17,
  /** (promise, reason): somebody listens to it now; to be noted, no more */
  RejectionHandled = 18,
  /** (): the jobs of an entry are done in which the engine told of promises */
  Rejections = 19,
  /** (socket, opcode: 9 a ping, 10 a pong) */
  SocketControl = 20,
  Count = 21,
}

/** The script is these sources in this order, each ended by a NUL character; one that the app does not use is empty. */
export const enum Part {
  /** An expression: a function that takes the host's calls and gives the runtime's. */
  Runtime = 0,
  /** The app, as one module. */
  App = 1,
  /** The web streams, an expression. */
  Streams = 2,
  /** Internationalised domain names, an expression. */
  Domains = 3,
  /** Legacy encodings, an expression. */
  Encodings = 4,
  /** DEFLATE and its frames, an expression. */
  Compression = 5,
  /** URLPattern, an expression. */
  UrlPattern = 6,
  /** crypto.subtle, an expression. */
  Subtle = 7,
  Count = 8,
}
