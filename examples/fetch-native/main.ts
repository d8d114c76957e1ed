// A gateway in AssemblyScript: each request is answered with what another server says, piece by piece.
//
//   skerry run examples/fetch-native/main.ts -p 8080:80 --env UPSTREAM=http://10.0.2.2:9000 --allow 127.0.0.1:9000
import { environment } from "skerry/native/app";
import * as upstream from "skerry/native/fetch";
import * as http from "skerry/native/http";

const buffer = memory.data(4096);
const FAILED = new http.StaticResponse(502, "content-type: text/plain\r\n", "the upstream did not answer\n");

/** Which request each exchange is for. */
const requests = new Map<i32, i32>();
let base = "http://10.0.2.2:9000";

export function start(): void {
  const length = min(environment(buffer, 4096), 4096);
  const lines = String.UTF8.decodeUnsafe(buffer, length).split("\n");
  for (let index = 0; index < lines.length; index++) {
    if (lines[index].startsWith("UPSTREAM=")) base = lines[index].slice(9);
  }
  http.listen(80);
}

export function httpRequest(request: i32): void {
  const length = min(http.target(request, buffer, 4096), 4096);
  const exchange = upstream.get(base + String.UTF8.decodeUnsafe(buffer, length));
  if (exchange < 0) FAILED.send(request);
  else requests.set(exchange, request);
}

export function fetchHead(exchange: i32): void {
  http.begin(requests.get(exchange), upstream.status(exchange), 0, 0, -1);
  fetchReadable(exchange);
}

export function fetchReadable(exchange: i32): void {
  const request = requests.get(exchange);
  let length = upstream.read(exchange, buffer, 4096);
  while (length > 0) {
    http.write(request, buffer, length); // a proxy for large answers would wait for `httpWritable` here
    length = upstream.read(exchange, buffer, 4096);
  }
  if (length === END && requests.delete(exchange)) http.end(request);
}

export function fetchFailed(exchange: i32): void {
  FAILED.send(requests.get(exchange));
  requests.delete(exchange);
}

const END: i32 = -5;
