/**
 * node:http: `createServer` on the machine's HTTP server, `request` and `get` on its client.
 *
 * Tests:  http.test.ts, tests/functional/http-request.test.ts
 */
import { METHODS, STATUS_CODES } from "./http/codes.ts";
import { ClientRequest, get, request } from "./http/client.ts";
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

export {
  ClientRequest,
  createServer,
  get,
  IncomingMessage,
  METHODS,
  OutgoingMessage,
  request,
  Server,
  ServerResponse,
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
};

export default {
  Agent,
  ClientRequest,
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
