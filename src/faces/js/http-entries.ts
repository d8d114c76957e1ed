/** The entries of an app that serves: each goes to the runtime's function of that name. */
import { RuntimeCall } from "../../runtime/host-call";
import { call, callRequest, enter, leave } from "./session";

export function httpRequest(request: i32, _b: i32): void {
  enter();
  callRequest(request);
  leave();
}

export function httpReadable(request: i32, _b: i32): void {
  pass(RuntimeCall.HttpReadable, request);
}

export function httpWritable(request: i32, _b: i32): void {
  pass(RuntimeCall.HttpWritable, request);
}

export function httpClosed(request: i32, _b: i32): void {
  pass(RuntimeCall.HttpClosed, request);
}

function pass(id: RuntimeCall, argument: i32): void {
  enter();
  call(id, argument);
  leave();
}
