/** The entries of an app that makes requests: each goes to the runtime's function of that name. */
import { RuntimeCall } from "../../runtime/host-call";
import { callWithNumbers, enter, leave } from "./session";

export function fetchHead(exchange: i32, _b: i32): void {
  pass(RuntimeCall.FetchHead, exchange, 0);
}

export function fetchReadable(exchange: i32, _b: i32): void {
  pass(RuntimeCall.FetchReadable, exchange, 0);
}

export function fetchWritable(exchange: i32, _b: i32): void {
  pass(RuntimeCall.FetchWritable, exchange, 0);
}

export function fetchFailed(exchange: i32, failure: i32): void {
  pass(RuntimeCall.FetchFailed, exchange, failure);
}

function pass(id: RuntimeCall, exchange: i32, failure: i32): void {
  enter();
  callWithNumbers(id, exchange, failure);
  leave();
}
