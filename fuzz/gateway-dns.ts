/** The gateway's DNS server: no bytes make it throw, and what it can read it answers in the size of one datagram. */
import path from "node:path";
import assert from "node:assert/strict";
import { emitResponse, parseQuery } from "../src/gateway/dns-message.ts";
import type { FuzzTarget } from "./target.ts";

const MESSAGE_SIZE_LIMIT = 512;
const ADDRESSES = Array.from({ length: 64 }, (_, index) => 0xc0000200 + index);

export const target: FuzzTarget = {
  name: "gateway-dns",
  corpus: path.join(import.meta.dirname, "corpus/gateway-dns"),
  run(input) {
    const query = parseQuery(input);
    if (query === undefined) return;
    const response = emitResponse(query, query.code, ADDRESSES, 60);
    assert.ok(response.length <= MESSAGE_SIZE_LIMIT);
    assert.deepEqual(response.slice(0, 2), input.slice(0, 2), "the id");
    // Names that reach the host's resolver are host names, nothing else.
    assert.match(query.name, /^[A-Za-z0-9_.-]*$/);
    assert.ok(query.name.length <= 253);
  },
};
