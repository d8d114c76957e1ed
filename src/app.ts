/**
 * Types for apps: `import type { App } from "skerry/app"`. Nothing of this is in an image.
 *
 *     export default {
 *       fetch: (request, env) => new Response(`hello from ${env.NAME}`),
 *     } satisfies App<{ NAME: string }>;
 */

/** What the machine was started with: `--env`, or `env` of the configuration. */
export type Environment = Readonly<Record<string, string>>;

/** `env.ASSETS` of an image that holds files: see `assets` in the configuration. */
export interface Assets {
  /** Answers as the machine itself would: conditions, ranges, codings, and 404 where nothing is. A path or any host. */
  fetch(input: Request | string | URL, init?: RequestInit): Promise<Response>;
}

/** The third argument of a handler. */
export interface Context {
  /** Keeps the app informed of work that goes on after its response: an error of it is reported. */
  waitUntil(work: Promise<unknown>): void;
  /** For other runtimes; an error here answers 500 as ever. */
  passThroughOnException(): void;
}

export interface App<Env extends object = Environment> {
  /** Answers a request. An error that it throws answers 500, and is told with its lines. */
  fetch(request: Request, env: Env, context: Context): Response | Promise<Response>;
}

/** What the Web's types do not have: the server's end of a WebSocket, named as in Cloudflare's workers. */
declare global {
  interface WebSocket {
    /** Of the second of a pair: it is the app's from now on. To be called before the response is returned. */
    accept(): void;
  }
  interface ResponseInit {
    /** The first of a pair; with status 101. */
    webSocket?: WebSocket | null;
  }
  var WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: WebSocket };
}
