/** The entries of an app that answers WebSockets: each goes to the runtime's function of that name. */
import { RuntimeCall } from "../../runtime/host-call";
import { callWithNumbers, enter, leave } from "./session";

export function websocketReadable(socket: i32, _b: i32): void {
  pass(RuntimeCall.SocketReadable, socket, 0);
}

export function websocketWritable(socket: i32, _b: i32): void {
  pass(RuntimeCall.SocketWritable, socket, 0);
}

export function websocketClosed(socket: i32, code: i32): void {
  pass(RuntimeCall.SocketClosed, socket, code);
}

export function websocketControl(socket: i32, opcode: i32): void {
  pass(RuntimeCall.SocketControl, socket, opcode);
}

function pass(id: RuntimeCall, socket: i32, number: i32): void {
  enter();
  callWithNumbers(id, socket, number);
  leave();
}
