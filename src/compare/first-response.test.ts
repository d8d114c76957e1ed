import test from "node:test";
import assert from "node:assert/strict";
import { wholeAnswer } from "./first-response.ts";

const HEAD = "HTTP/1.1 200 OK\r\n";

test("a response is whole when its length has come, whatever comes behind", () => {
  assert.equal(wholeAnswer(`${HEAD}Content-Length: 5\r\n\r\nhell`), undefined);
  assert.deepEqual(wholeAnswer(`${HEAD}content-length: 5\r\n\r\nhello...`), { status: 200, body: "hello" });
  assert.equal(wholeAnswer(HEAD), undefined);
});

test("chunks are joined, and end by the empty one", () => {
  const head = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
  assert.equal(wholeAnswer(`${head}5\r\nhello\r\n`), undefined);
  assert.deepEqual(wholeAnswer(`${head}5\r\nhello\r\n2;x=y\r\n\r\n\r\n0\r\n\r\n`), {
    status: 200,
    body: "hello\r\n",
  });
});

test("an answer without a body is one", () => {
  assert.deepEqual(wholeAnswer("HTTP/1.1 204 No Content\r\n\r\n"), { status: 204, body: "" });
});
