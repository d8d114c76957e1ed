// Takes requests to their end, and says that it did.
import * as http from "skerry/native/http";

const done = new http.StaticResponse(200, "", "taken\n");
const bytes = memory.data(4096);

export function start(): void {
  http.listen(80);
}

export function httpRequest(request: i32): void {
  httpReadable(request);
}

export function httpReadable(request: i32): void {
  let taken: i32;
  do taken = http.read(request, bytes, 4096);
  while (taken >= 0);
  if (taken == END) done.send(request);
}

/** `Status.End`. */
const END: i32 = -5;
