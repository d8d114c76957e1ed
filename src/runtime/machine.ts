/** What Node's modules have of the runtime: see `machine-calls.ts`. */
import type { Handler } from "./answer.ts";
import { format } from "./console.ts";
import { exchangeOf } from "./exchange.ts";
import { readEnvironment } from "./environment.ts";
import { decode, decodeLatin1, encode, encodeLatin1, exit, sha256, stretch, writeConsole } from "./host.ts";
import { inspect } from "./inspect.ts";
import { MACHINE, type Machine } from "./machine-calls.ts";
import { serve } from "./program.ts";
import { remoteOf } from "./remote.ts";
import { endReports, hadError, reportError } from "./report.ts";
import { numberOf, type Request } from "./request.ts";
import { clearTimer, setTimer } from "./timers.ts";
import { fillSurely } from "./web-crypto.ts";
import { socketCalls } from "./websockets.ts";

const machine: Machine = {
  environment: readEnvironment,
  exit(status) {
    endReports();
    exit(status);
  },
  hadError,
  reportError,
  write: (stream, text) => writeConsole(stream, text as string),
  inspect,
  format,
  encodeUtf8: encode,
  decodeUtf8: (bytes) => decode(bytes, false)!,
  encodeLatin1(text) {
    const encoded = encodeLatin1(text);
    return typeof encoded === "number" ? undefined : encoded;
  },
  decodeLatin1,
  fillRandom: fillSurely,
  sha256,
  stretch,
  setTimer,
  clearTimer,
  remoteOf: (request) => remoteOf(request as Request),
  abandon: (request) => exchangeOf(numberOf(request as Request)).abort(),
  ...socketCalls,
  serve: (handler, started) => serve({ fetch: handler } as unknown as Handler, started),
};

export function defineMachine(): void {
  Object.defineProperty(globalThis, MACHINE, { value: machine });
}
