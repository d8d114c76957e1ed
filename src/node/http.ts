/**
 * node:http: `createServer` on the machine's HTTP server. Requests to others are `fetch`'s.
 *
 * Tests:  http.test.ts
 */
import { notHere } from "./errors.ts";
import { METHODS, STATUS_CODES } from "./http/codes.ts";
import { IncomingMessage } from "./http/incoming.ts";
import { OutgoingMessage, validateHeaderName, validateHeaderValue } from "./http/outgoing.ts";
import { ServerResponse } from "./http/response.ts";
import { createServer, Server } from "./http/server.ts";

export const maxHeaderSize = 16384;

/** Connections to others are the kernel's to keep. */
export class Agent {
  readonly options: object;

  constructor(options: object = {}) {
    this.options = options;
  }

  destroy(): void {}
}
export const globalAgent = new Agent();

export function request(): never {
  throw notHere("http.request", "fetch asks other servers");
}
export const get = request;

export {
  createServer,
  IncomingMessage,
  METHODS,
  OutgoingMessage,
  Server,
  ServerResponse,
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
};

export default {
  Agent,
  IncomingMessage,
  METHODS,
  OutgoingMessage,
  STATUS_CODES,
  Server,
  ServerResponse,
  createServer,
  get,
  globalAgent,
  maxHeaderSize,
  request,
  validateHeaderName,
  validateHeaderValue,
};
