/**
 * The runtime of a JavaScript app: puts the Web's globals in place and gives the face its functions.
 *
 * This is the composition root; each global's file says which standard it follows.
 */
import { AbortController, AbortSignal } from "./abort.ts";
import { answer } from "./answer.ts";
import { defineBase64 } from "./base64.ts";
import { defineConsole } from "./console.ts";
import { defineCrypto } from "./crypto.ts";
import { DOMException } from "./dom-exception.ts";
import { CustomEvent, Event, EventTarget } from "./event.ts";
import { defineGlobals } from "./globals.ts";
import { Headers } from "./headers.ts";
import { outgoing } from "./outgoing.ts";
import { definePerformance } from "./performance.ts";
import { fetch } from "./fetch.ts";
import { failed, settled, start } from "./program.ts";
import { defineRandom } from "./random.ts";
import { reportError } from "./report.ts";
import { Request } from "./request.ts";
import { Response } from "./response.ts";
import { defineStreams } from "./streams.ts";
import { URLSearchParams } from "./search-params.ts";
import { structuredClone } from "./structured-clone.ts";
import { defineTextCoding } from "./text-coding.ts";
import { defineTimers, fireTimers } from "./timers.ts";
import { URL } from "./url.ts";

defineConsole();
defineTimers();
defineTextCoding();
defineStreams();
defineBase64();
defineCrypto();
definePerformance();
defineRandom();
defineGlobals({
  AbortController,
  AbortSignal,
  CustomEvent,
  DOMException,
  Event,
  EventTarget,
  Headers,
  Request,
  Response,
  URL,
  URLSearchParams,
  fetch,
  navigator: Object.freeze({ userAgent: "Skerry" }),
  reportError: (error: unknown) => reportError(error),
  self: globalThis,
  structuredClone,
});

/** In the order of `RuntimeCall`. */
export const calls: readonly unknown[] = [
  start,
  fireTimers,
  answer.request,
  answer.readable,
  answer.writable,
  answer.closed,
  failed,
  settled,
  outgoing.head,
  outgoing.readable,
  outgoing.writable,
  outgoing.failed,
];
