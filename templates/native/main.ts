// An HTTP server in AssemblyScript, the strict TypeScript that compiles to Wasm: no JavaScript engine in its machine.
import { listen, StaticResponse } from "skerry/native/http";

const hello = new StaticResponse(200, "content-type: text/plain\r\n", "hello from a machine of 120 KB\n");

export function start(): void {
  listen(80);
}

export function httpRequest(request: i32): void {
  hello.send(request);
}
