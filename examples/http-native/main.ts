// An HTTP server in AssemblyScript, on the kernel's own HTTP service: the smallest and fastest kind of server.
import { listen, StaticResponse } from "skerry/native/http";

const hello = new StaticResponse(200, "content-type: text/plain\r\n", "hello, world\n");

export function start(): void {
  listen(80);
}

export function httpRequest(request: i32): void {
  hello.send(request);
}
