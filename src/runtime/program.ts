/**
 * The app's life: its module is evaluated; a default export with `fetch`, or a server of `node:http` that listens,
 * makes it a server, anything else a program that ends when nothing is left to do.
 */
import { assetsBinding } from "./assets.ts";
import { exit, listen, runsToEnd } from "./host.ts";
import { readEnvironment } from "./environment.ts";
import { answer, type Handler } from "./answer.ts";
import { endReports, hadError, hasEnded, reportError, reportRejection } from "./report.ts";
import { NOBODY } from "./running.ts";
import { hasOutgoing } from "./outgoing.ts";
import { remoteBinding } from "./remote.ts";
import { timerCount } from "./timers.ts";
import { hasWebSockets } from "./websockets.ts";

const HTTP_PORT = 80;
/** What a program ends with that waits for what cannot come. */
const UNFINISHED_STATUS = 13;
const FAILED_STATUS = 1;
/** A number of `src/abi/status.ts`. */
const MISSING = -6;
/** As far as the build could see: it looks for the words. */
const NO_SERVER =
  "This image has no HTTP server: its program neither has a default export nor names createServer or Server";

let isEvaluated = false;
/** Its top level awaits something, which may be that it serves. */
let isAwaiting = false;
let isServer = false;
/** What a default export is that has no `fetch`: no harm, unless the app ends without ever having been a server. */
let unfit: string | undefined;
/** What `node:http` asked for before the app stood. */
let served: { readonly handler: Handler; readonly started: () => void } | undefined;

/** The app's module, or a promise of it where it awaits at its top level. */
export function start(module: unknown): void {
  if (module instanceof Promise) {
    // Until it settles, the app is a program: it may never become a server.
    runsToEnd();
    isAwaiting = true;
    if (served !== undefined) beginServer(served.handler, served.started);
    module.then(begin, fail);
  } else {
    begin(module);
  }
}

function begin(module: unknown): void {
  isEvaluated = true;
  let handler: Handler | undefined;
  try {
    handler = handlerOf(defaultOf(module as Exports));
  } catch (error) {
    fail(error);
    return;
  }
  if (isServer) return;
  if (handler !== undefined) beginServer(handler);
  else if (served !== undefined) beginServer(served.handler, served.started);
  else runsToEnd();
}

/** The app serves through `node:http`: at once where it stands or awaits, else as soon as it does. */
export function serve(newHandler: Handler, started: () => void): void {
  if (isEvaluated || isAwaiting) beginServer(newHandler, started);
  else served = { handler: newHandler, started };
}

function beginServer(handler: Handler, started?: () => void): void {
  isServer = true;
  const environment = { ...readEnvironment(), ...assetsBinding() };
  answer.use(handler, Object.defineProperty(environment, "requestIP", remoteBinding));
  const status = listen(HTTP_PORT);
  if (status === MISSING) fail(new Error(NO_SERVER));
  else if (status < 0)
    fail(new Error(`The http service does not listen on port ${HTTP_PORT}: status ${status}`));
  else started?.();
}

interface Exports {
  readonly default?: unknown;
}

/** Of what a compiler turned into CommonJS, the default export is a property of `module.exports`. */
function defaultOf({ default: own }: Exports): unknown {
  const isCompiled = (own as { __esModule?: unknown } | null | undefined)?.__esModule === true;
  return isCompiled ? (own as Exports).default : own;
}

/** `{ fetch(request, env, ctx) }`, or a function that is one. */
function handlerOf(value: unknown): Handler | undefined {
  const { fetch } = (value ?? {}) as { fetch?: unknown };
  if (typeof fetch === "function") return value as Handler;
  if (fetch !== undefined)
    throw new TypeError(`The default export's fetch is a function, found ${typeof fetch}`);
  if (value !== undefined) unfit = value === null ? "null" : `a value of type ${typeof value}`;
  return undefined;
}

/** An error before the app stands ends it. */
function fail(error: unknown): void {
  reportError(error);
  end(FAILED_STATUS);
}

/** The machine ends with this turn: what is thrown until then is told nobody. */
function end(status: number): void {
  endReports();
  exit(status);
}

/** An entry of the app ended with an error that nobody caught. */
export function failed(error: unknown, request: number): void {
  if (!isEvaluated) fail(error);
  else if (isServer) answer.failed(error, request);
  else fail(error);
}

/**
 * A promise was rejected, nobody listens, and no listener for such events cancelled this one. It ends a program, as any
 * error does; a server goes on, but for the request whose work it was: that is not to wait for an answer.
 */
export function rejected(reason: unknown, request: number): void {
  if (hasEnded()) return;
  reportRejection(reason);
  if (!isServer) end(FAILED_STATUS);
  else if (request !== NOBODY) answer.give500(request);
}

/** No job is left. A program ends here unless a timer or a response will go on. */
export function settled(): void {
  if (isServer || timerCount() > 0 || hasOutgoing() || hasWebSockets()) return;
  if (isEvaluated && unfit !== undefined && !hadError()) {
    const example = "export default { fetch(request) { return new Response() } }";
    fail(new TypeError(`The default export is ${unfit}, and answers no request without fetch: ${example}`));
    return;
  }
  if (isEvaluated) {
    exit(hadError() ? FAILED_STATUS : 0);
    return;
  }
  reportError(new Error("The app's top level awaits a promise that nothing can settle"));
  exit(UNFINISHED_STATUS);
}
