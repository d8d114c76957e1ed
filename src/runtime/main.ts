/**
 * The runtime of a JavaScript app: puts the Web's globals in place and gives the face its functions.
 *
 * This is the composition root; each global's file says which standard it follows.
 */
import { AbortController, AbortSignal } from "./abort.ts";
import { answer } from "./answer.ts";
import { defineBase64 } from "./base64.ts";
import { defineFiles } from "./blob.ts";
import { defineCompression } from "./compression.ts";
import { defineConsole } from "./console.ts";
import { defineCrypto } from "./crypto.ts";
import { DOMException } from "./dom-exception.ts";
import { defineEngineErrors } from "./engine-errors.ts";
import { CustomEvent, Event, EventTarget } from "./event.ts";
import { CloseEvent, ErrorEvent, MessageEvent, PromiseRejectionEvent } from "./events.ts";
import { FormData } from "./form-data.ts";
import { defineGlobalScope } from "./global-scope.ts";
import { defineGlobals, defineScope, requireArguments } from "./globals.ts";
import { Headers } from "./headers.ts";
import { defineMachine } from "./machine.ts";
import { outgoing } from "./outgoing.ts";
import { MessageChannel, MessagePort } from "./message-channel.ts";
import { navigator, Navigator } from "./navigator.ts";
import { definePerformance } from "./performance.ts";
import { fetch } from "./fetch.ts";
import { failed, settled, start } from "./program.ts";
import { defineRandom } from "./random.ts";
import { rejections } from "./rejections.ts";
import { reportError } from "./report.ts";
import { Request } from "./request.ts";
import { Response } from "./response.ts";
import { defineStreams } from "./streams.ts";
import { URLSearchParams } from "./search-params.ts";
import { structuredClone } from "./structured-clone.ts";
import { defineTextCoding } from "./text-coding.ts";
import { defineTimers, fireTimer } from "./timers.ts";
import { URL } from "./url.ts";
import { defineUrlPattern } from "./url-pattern.ts";
import { defineWebSockets, sockets } from "./websockets.ts";

defineEngineErrors();
defineConsole();
defineGlobalScope();
defineTimers();
defineTextCoding();
defineStreams();
defineFiles();
defineCompression();
defineUrlPattern();
defineBase64();
defineCrypto();
definePerformance();
defineRandom();
defineMachine();
defineGlobals({
  AbortController,
  AbortSignal,
  CloseEvent,
  CustomEvent,
  DOMException,
  ErrorEvent,
  Event,
  EventTarget,
  FormData,
  Headers,
  MessageChannel,
  MessageEvent,
  MessagePort,
  Navigator,
  PromiseRejectionEvent,
  Request,
  Response,
  URL,
  URLSearchParams,
});
defineWebSockets();
defineScope({
  fetch,
  navigator,
  reportError(error: unknown) {
    requireArguments(arguments, 1, "reportError");
    reportError(error);
  },
  self: globalThis,
  structuredClone,
});

/** In the order of `RuntimeCall`. */
export const calls: readonly unknown[] = [
  start,
  fireTimer,
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
  sockets.readable,
  sockets.writable,
  sockets.closed,
  answer.settled,
  answer.waiting,
  rejections.rejected,
  rejections.handled,
  rejections.tell,
  sockets.control,
];
