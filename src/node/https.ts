/** node:https: names that packages import. A machine has no TLS. */
import { notHere } from "./errors.ts";
import { Agent, globalAgent } from "./http.ts";

export function createServer(): never {
  throw notHere("https.createServer", "end TLS before the machine, and serve by node:http");
}

export function request(): never {
  throw notHere("https.request", "http.request and fetch ask servers over http, also one that adds TLS");
}
export const get = request;
export { Agent, globalAgent };

export default { Agent, createServer, get, globalAgent, request };
