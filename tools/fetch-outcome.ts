/** What becomes of one request of a client under test, in the words of `conformance.cases.ts`. */
import assert from "node:assert/strict";
import type { FetchBench, Server } from "./fetch-bench.ts";

const END = -5;

/** Makes a request, has its server answer and, unless it is kept, end; then nothing may be left of it. */
export function outcomeOf(bench: FetchBench, answer: (server: Server) => void, method = "GET"): string {
  let status = "";
  let body = "";
  let failure = "";
  let isWhole = false;
  const read = (id: number): void => {
    for (let got = bench.read(id, 1000); ; got = bench.read(id, 1000)) {
      if (typeof got === "string") body += got;
      else return void (isWhole ||= got === END);
    }
  };
  bench.app = {
    head(id) {
      status = (bench.head(id) as string).slice(0, 3);
      read(id);
    },
    readable: read,
    failed: () => void (failure = bench.entered.at(-1)!.split(" ")[2]!),
  };
  bench.begin(`${method} http://a/\r\n`);
  const { server } = bench;
  answer(server);
  bench.settle();
  const isKept = isWhole && !server.shut && !server.aborted;
  if (!isKept) server.finish();
  else server.close();
  if (!server.closed) server.close();
  bench.settle();
  bench.servers.length = 0;
  bench.entered.length = 0;
  assert.deepEqual(bench.inUse(), { chunks: 0, connections: 0, exchanges: 0 });
  if (failure !== "") return failure;
  return isWhole ? `${status} ${body}${isKept ? " +" : ""}` : "unfinished";
}
