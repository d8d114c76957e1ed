/** The client over streams that the test makes up: requests, pooling, addresses, retries, patience. */
import test from "node:test";
import assert from "node:assert/strict";
import { CloseReason } from "../../../abi/status.ts";
import { FetchBench } from "../../../../tools/fetch-bench.ts";

const [AGAIN, GONE, INVALID, END] = [-1, -2, -3, -5];
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const NOTHING = { chunks: 0, connections: 0, exchanges: 0 };

/** Reads a response to its end, or as far as it has come. */
function readAll(bench: FetchBench, id: number): string {
  let text = "";
  let status = 0;
  const read = (): void => {
    for (let got = bench.read(id); ; got = bench.read(id)) {
      if (typeof got === "string") text += got;
      else return void (status = status === END ? END : got);
    }
  };
  bench.app.readable = read;
  read();
  delete bench.app.readable;
  return status === END ? text : `${text} (${status})`;
}

test("a request is composed, and its response read", async () => {
  const bench = await FetchBench.start();
  const id = bench.get("http://A:8080/x?y=%20", "Accept: */*\r\nX-B:c\r\n");
  assert.equal(bench.server.address, "192.0.2.1:8080");
  assert.equal(bench.server.take(), "GET /x?y=%20 HTTP/1.1\r\nHost: A:8080\r\nAccept: */*\r\nX-B:c\r\n\r\n");
  assert.equal(bench.head(id), AGAIN);
  assert.equal(bench.read(id), AGAIN);
  let early: unknown;
  bench.app.readable = () => void (early = bench.read(id, 2));
  bench.server.send("HTTP/1.1 201 Made so\r\nContent-Length: 5\r\nX-One:  a b \r\n\r\nhello");
  assert.deepEqual(bench.entered, [`head ${id}`, `readable ${id}`]);
  assert.equal(bench.head(id), "201 Made so\r\ncontent-length: 5\r\nx-one: a b\r\n");
  assert.equal(early, "he");
  assert.equal(readAll(bench, id), "llo");
  assert.equal(bench.read(id), GONE);
});

test("what the app gives cannot end its line, name another host, or say where the message ends", async () => {
  const bench = await FetchBench.start();
  const fields =
    "Host: b\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nUpgrade: x\r\nExpect: y\r\nTE: z\r\nkept: 1\r\n";
  bench.get("http://a", fields);
  assert.equal(bench.server.take(), "GET / HTTP/1.1\r\nHost: a\r\nkept: 1\r\n\r\n");
  for (const head of [
    "GET http://a/ HTTP/1.1\r\n",
    "GET http://a/\nX: y\r\n",
    "GET http://a/\r\nX: y\nZ: w\r\n",
    "GET http://a/\r\nX : y\r\n",
    "GET http://a/\r\nX: y",
    "GET http://a/\r\n\r\nGET / HTTP/1.1\r\n",
    "GET https://a/\r\n",
    "GET http://u@a/\r\n",
    "GET http:///\r\n",
    "GET http://a:0/\r\n",
    "GET http://a:65536/\r\n",
    "GET http://a:/\r\n",
    "GET http://a:80x/\r\n",
    "GET http://[::1/\r\n",
    "GET http://[::1]x/\r\n",
    "GET http://a/#b\r\n",
    "GET http://a/\u00e4\r\n",
    "GET http://a\u00e4/\r\n",
    "GET http://a b/\r\n",
    " http://a/\r\n",
    "G@T http://a/\r\n",
    "CONNECT http://a/\r\n",
    "TRACE http://a/\r\n",
    "",
    "GET",
    "GET ",
    "GET http://a/",
    `GET http://${"a".repeat(254)}/\r\n`,
    `GET http://a/\r\n${"x: y\r\n".repeat(101)}`,
    `GET http://a/${"x".repeat(16000)}\r\n`,
  ]) {
    assert.equal(bench.begin(head), INVALID, JSON.stringify(head.slice(0, 60)));
  }
  assert.equal(bench.servers.length, 1);
});

test("an address of IPv6 stands in brackets, and goes to the resolver without them", async () => {
  const bench = await FetchBench.start();
  bench.names = { "2001:db8::7": ["192.0.2.7"] };
  bench.get("http://[2001:DB8::7]:8080/x", "");
  assert.equal(bench.server.take(), "GET /x HTTP/1.1\r\nHost: [2001:DB8::7]:8080\r\n\r\n");
});

test("bodies have a length or come in chunks, and a length of nothing is said where it means something", async () => {
  const bench = await FetchBench.start();
  bench.names["b"] = ["192.0.2.2"];
  bench.begin("POST http://a/\r\n");
  assert.match(bench.server.take(), /\r\nContent-Length: 0\r\n\r\n$/);
  bench.begin("DELETE http://a/\r\n");
  assert.doesNotMatch(bench.server.take(), /Length/);
  const sized = bench.begin("PUT http://a/\r\n", 5);
  assert.match(bench.server.take(), /\r\nContent-Length: 5\r\n\r\n$/);
  assert.equal(bench.write(sized, "123456"), INVALID);
  assert.equal(bench.write(sized, "123"), 3);
  assert.equal(bench.end(sized), INVALID);
  assert.equal(bench.write(sized, "45"), 2);
  assert.equal(bench.end(sized), 0);
  assert.equal(bench.server.take(), "12345");
  const chunked = bench.begin("POST http://a/\r\n", -1);
  assert.match(bench.server.take(), /\r\nTransfer-Encoding: chunked\r\n\r\n$/);
  assert.equal(bench.write(chunked, "0123456789abcdef!"), 17);
  assert.equal(bench.end(chunked), 0);
  assert.equal(bench.server.take(), "11\r\n0123456789abcdef!\r\n0\r\n\r\n");
});

test("a body waits for its stream and for room, byte for byte", async () => {
  const bench = await FetchBench.start();
  bench.opens = false;
  const id = bench.begin("POST http://a/\r\n", -1);
  assert.equal(bench.write(id, "early"), 0);
  assert.equal(bench.end(id), AGAIN);
  bench.server.room = 200;
  bench.server.open();
  assert.deepEqual(bench.entered, [`writable ${id}`]);
  const body = "x".repeat(3000);
  let sent = 0;
  bench.app.writable = () => {
    sent += bench.write(id, body.slice(sent));
    if (sent === body.length) bench.end(id);
  };
  bench.app.writable(id);
  for (let round = 0; round < 2000 && sent < body.length; round++) bench.server.give(7);
  bench.server.give(10_000);
  const text = bench.server.take();
  const chunks = text.slice(text.indexOf("\r\n\r\n") + 4);
  let content = "";
  for (let at = 0; ;) {
    const size = parseInt(chunks.slice(at), 16);
    at = chunks.indexOf("\r\n", at) + 2;
    if (size === 0) break;
    content += chunks.slice(at, at + size);
    at += size + 2;
  }
  assert.equal(content, body);
});

test("a stream goes on to the next request only when both messages are whole", async () => {
  const bench = await FetchBench.start();
  const first = bench.get("http://a/1");
  bench.server.send(OK);
  assert.equal(readAll(bench, first), "ok");
  const second = bench.get("http://a/2");
  assert.equal(bench.servers.length, 1);
  assert.deepEqual(bench.asked, ["a"]);
  bench.server.send("HTTP/1.1 204 No Content\r\n\r\n");
  assert.equal(readAll(bench, second), "");
  bench.get("http://a:81/"); // another port
  assert.equal(bench.servers.length, 2);
  const upload = bench.begin("POST http://a/\r\n", 10);
  assert.equal(bench.servers.length, 2, "the first stream carries it");
  bench.servers[0]!.send("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n");
  assert.equal(readAll(bench, upload), "");
  assert.ok(bench.servers[0]!.aborted, "half a request is under way there");
  bench.get("http://a/3");
  assert.equal(bench.servers.length, 3);
});

test("a server that closes its stream is believed", async () => {
  const bench = await FetchBench.start();
  for (const closing of ["HTTP/1.1 200 OK\r\nConnection: close", "HTTP/1.0 200 OK"]) {
    const id = bench.get("http://a/");
    const { server } = bench;
    server.send(`${closing}\r\nContent-Length: 2\r\n\r\nok`);
    assert.equal(readAll(bench, id), "ok");
    assert.ok(server.shut);
    server.finish();
  }
  const id = bench.get("http://a/");
  bench.server.send("HTTP/1.1 200 OK\r\n\r\nto the end").finish();
  assert.equal(readAll(bench, id), "to the end");
  assert.equal(bench.servers.length, 3);
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("an idle stream that says anything is ended: it may be meant as somebody's response", async () => {
  const bench = await FetchBench.start();
  const first = bench.get("http://a/");
  bench.server.send(OK);
  readAll(bench, first);
  bench.server.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  assert.ok(bench.server.aborted);
  const second = bench.get("http://a/");
  assert.equal(bench.servers.length, 2);
  bench.server.send(OK + OK);
  assert.equal(readAll(bench, second), "ok");
  assert.ok(bench.server.aborted, "what follows a response is nobody's");
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("a request is made once more where its stream was closed already, if that does nothing twice", async () => {
  const bench = await FetchBench.start();
  const reuse = (method: string, size = 0): number => {
    readAll(bench, (bench.server.send(OK), id));
    id = bench.begin(`${method} http://a/\r\n`, size);
    return bench.servers.length;
  };
  let id = bench.get("http://a/");
  const before = reuse("GET");
  bench.server.close();
  assert.equal(bench.servers.length, before + 1);
  assert.match(bench.server.take(), /^GET \/ HTTP/);
  bench.server.close();
  assert.deepEqual(bench.entered.slice(-1), [`failed ${id} Closed`], "but not a third time");
  id = bench.get("http://a/");
  reuse("POST");
  bench.server.finish();
  assert.deepEqual(bench.entered.slice(-1), [`failed ${id} Closed`]);
  id = bench.get("http://a/");
  reuse("PUT", 3);
  assert.equal(bench.write(id, "x"), 1);
  bench.server.close();
  assert.deepEqual(bench.entered.slice(-1), [`failed ${id} Closed`], "some of its body is gone");
  id = bench.get("http://a/");
  reuse("GET");
  bench.server.send("HTTP/1.1 2").close();
  assert.deepEqual(bench.entered.slice(-1), [`failed ${id} Closed`], "it was heard");
  bench.get("http://a/");
  id = bench.get("http://a/");
  bench.server.close();
  assert.deepEqual(bench.entered.slice(-1), [`failed ${id} Closed`], "the stream was new");
});

test("addresses take turns between the versions, and the first that answers wins", async () => {
  const bench = await FetchBench.start();
  const six = (digit: string): string => `20010db8${"0".repeat(23)}${digit}`;
  bench.names["many"] = [six("1"), six("2"), six("3"), "192.0.2.1", "192.0.2.2"];
  bench.opens = false;
  const id = bench.get("http://many/");
  const order = [`${six("1")}:80`, "192.0.2.1:80", `${six("2")}:80`, "192.0.2.2:80", `${six("3")}:80`];
  assert.deepEqual(
    bench.servers.map((server) => server.address),
    order.slice(0, 1),
  );
  bench.pass(0.3);
  assert.equal(bench.servers.length, 2, "a silent address is not waited for");
  bench.servers[1]!.close(CloseReason.Refused);
  assert.equal(bench.servers.length, 3, "one that refuses, not at all");
  bench.pass(1);
  assert.deepEqual(
    bench.servers.map((server) => server.address),
    order,
  );
  bench.servers[2]!.open();
  assert.match(bench.servers[2]!.take(), /^GET/);
  assert.deepEqual(
    bench.servers.map((server) => server.aborted || server.closed),
    [true, true, false, true, true],
  );
  bench.servers[2]!.send(OK);
  assert.equal(readAll(bench, id), "ok");
  assert.deepEqual(bench.inUse(), { chunks: 0, connections: 1, exchanges: 0 });
});

test("what cannot be reached says why", async () => {
  const bench = await FetchBench.start();
  bench.opens = false;
  bench.names["two"] = ["192.0.2.1", "192.0.2.2"];
  const unknown = bench.get("http://nowhere/");
  const refused = bench.get("http://two/");
  assert.deepEqual([...(bench.remote(refused) as Uint8Array)].slice(10), [255, 255, 192, 0, 2, 1, 0, 80]);
  bench.server.close(CloseReason.Refused);
  bench.server.close(CloseReason.Unreachable);
  const silent = bench.get("http://a/");
  bench.pass(11);
  assert.deepEqual(bench.entered, [
    `failed ${unknown} NoSuchName`,
    `failed ${refused} Unreachable`,
    `failed ${silent} TimedOut`,
  ]);
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("a request made before there is a network waits for it", async () => {
  const bench = await FetchBench.start();
  bench.isOnline = false;
  bench.get("http://a/");
  bench.settle();
  assert.equal(bench.servers.length, 0);
  bench.isOnline = true;
  bench.settle();
  assert.equal(bench.servers.length, 1);
  bench.isOnline = false;
  const late = bench.get("http://b/");
  bench.pass(16);
  assert.deepEqual(bench.entered, [`failed ${late} NoNetwork`]);
});

test("requests beyond a host's streams wait their turn; beyond the table they are refused", async () => {
  const bench = await FetchBench.start(2000);
  const ids = Array.from({ length: 256 }, () => bench.get("http://a/"));
  assert.equal(bench.servers.length, 32);
  assert.equal(bench.get("http://a/"), -4);
  const done: number[] = [];
  bench.app.head = (id) => {
    done.push(id);
    assert.equal(bench.read(id), "ok");
    assert.equal(bench.read(id), END);
  };
  for (let round = 0; round < 20; round++) {
    for (const server of bench.servers) if (server.take() !== "") server.send(OK);
  }
  assert.deepEqual(
    done.sort((a, b) => a - b),
    ids.sort((a, b) => a - b),
  );
  assert.equal(bench.servers.length, 32);
  bench.pass(21);
  assert.ok(
    bench.servers.every((server) => server.shut),
    "idle streams are not kept for ever",
  );
  bench.pass(6);
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("an abort at any point leaves nothing behind and tells nothing", async () => {
  const bench = await FetchBench.start();
  for (const closesAtOnce of [false, true]) {
    bench.closesAtOnce = closesAtOnce;
    bench.opens = false;
    bench.abort(bench.get("http://a/"));
    bench.opens = true;
    bench.abort(bench.get("http://a/"));
    const half = bench.get("http://a/");
    bench.server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    bench.abort(half);
    const waits = bench.get("http://a/");
    bench.read(waits);
    bench.app.readable = (id) => bench.abort(id);
    bench.server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    bench.app = { head: (id) => bench.abort(id) };
    bench.get("http://a/");
    bench.server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    bench.app = {};
    assert.deepEqual(bench.inUse(), NOTHING);
  }
  assert.ok(!bench.entered.some((entry) => entry.startsWith("failed")));
});

test("bytes that the app does not ask for stay with the stream", async () => {
  const bench = await FetchBench.start();
  const id = bench.get("http://a/");
  bench.server.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (let count = 0; count < 10; count++) bench.server.send(`64\r\n${String(count).repeat(100)}\r\n`);
  bench.server.send("0\r\nTrailer: x\r\n\r\n");
  assert.ok(bench.server.pending.length >= 1000);
  assert.equal(bench.inUse().chunks, 0);
  let text = "";
  bench.app.readable = () => {
    for (let got = bench.read(id, 150); ; got = bench.read(id, 150)) {
      if (typeof got === "string") text += got;
      else break;
    }
  };
  bench.app.readable(id);
  assert.equal(text, Array.from({ length: 10 }, (_, digit) => String(digit).repeat(100)).join(""));
  assert.deepEqual(bench.inUse(), { chunks: 0, connections: 1, exchanges: 0 });
});

test("a server that stalls, or an app that never reads, does not hold a stream for ever", async () => {
  const bench = await FetchBench.start();
  const head = bench.get("http://a/");
  bench.pass(301);
  const body = bench.get("http://a/");
  bench.server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
  bench.pass(301);
  const full = bench.begin("POST http://a/\r\n", 100_000);
  bench.server.room = 10;
  bench.write(full, "x".repeat(1000));
  bench.pass(61);
  assert.deepEqual(
    bench.entered.filter((entry) => entry.startsWith("failed")),
    [`failed ${head} TimedOut`, `failed ${body} TimedOut`, `failed ${full} TimedOut`],
  );
  assert.deepEqual(bench.inUse(), NOTHING);
});

test("an app that goes down leaves nothing", async () => {
  const bench = await FetchBench.start();
  for (let count = 0; count < 5; count++) bench.get("http://a/");
  bench.opens = false;
  bench.get("http://a/");
  bench.server.send("HTTP/1.1 200 OK\r\n");
  for (const server of bench.servers) server.closed = true; // `dropStreams` ends them and tells nothing
  bench.kernel.dropAll();
  assert.deepEqual(bench.inUse(), NOTHING);
});
