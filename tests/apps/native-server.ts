// A server in AssemblyScript that says when it is there.
import { log } from "skerry/native/console";
import { listen, StaticResponse } from "skerry/native/http";

const hello = new StaticResponse(200, "content-type: text/plain\r\n", "hello, world\n");

export function start(): void {
  listen(80);
  log("here");
}

export function httpRequest(request: i32): void {
  hello.send(request);
}
