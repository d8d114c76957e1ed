/**
 * Row 34: how whole images take requests, well-formed, malformed, and made to be read in two ways (smuggling), over TCP
 * from outside: the 33 cases of h1spec, and every case of the kernel's own conformance suite.
 *
 * The control is a server that is known to be lax: the same cases must find it so.
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import type net from "node:net";
import { once } from "node:events";
import { CASES, WAITS } from "../../src/kernel/http/conformance.cases.ts";
import { HOPELESS } from "../../src/kernel/http/hopeless.cases.ts";
import { SPEC_CASES, type SpecCase } from "../../tools/h1spec/cases.ts";
import { checkServer, type Outcome } from "../../tools/h1spec/check.ts";
import { startApp, testOnTargets } from "./whole-machine.ts";

const LONGEST_WAIT_MS = 250;
/** The lax server is wrong, however long it takes. */
const LAX_ANSWER_MS = 1000;
/** So many at once: no more than half the connections that a host may open to itself in no time. */
const AT_ONCE = 64;

/** An accepted request is answered with success; the app's part of the answer is for the kernel's own tests. */
const OWN_CASES: readonly SpecCase[] = CASES.map(([name, request, expected]) => ({
  name,
  request,
  expected:
    expected === WAITS ? "waits" : typeof expected === "number" ? exactly(expected, request) : [[200, 299]],
}));

/** What can become no request is answered, though its peer says nothing more and its patience is long. */
const HOPELESS_CASES: readonly SpecCase[] = HOPELESS.map(([request, status]) => ({
  name: `hopeless: ${JSON.stringify(request.slice(-60))}`,
  request,
  expected: [[status, status]],
}));

/** Of several requests the first answer is seen, which a bad second one does not change. */
function exactly(status: number, request: string): SpecCase["expected"] {
  const isSecond = /^GET \/ HTTP\/1\.1\r\nHost: a\r\n\r\n./s.test(request);
  return isSecond ? [[200, 299]] : [[status, status]];
}

async function check(
  port: number,
  cases: readonly SpecCase[],
  answerMs?: number,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < cases.length; at += AT_ONCE) {
    outcomes.push(
      ...(await checkServer(cases.slice(at, at + AT_ONCE), "127.0.0.1", port, LONGEST_WAIT_MS, answerMs)),
    );
  }
  return outcomes;
}

const failures = (outcomes: readonly Outcome[]) =>
  outcomes.filter(({ passed }) => !passed).map(({ name, found }) => `${name}: ${found}`);

testOnTargets("row 34: 33 of 33 of h1spec, and the kernel's own cases", async (target) => {
  const { machine, port } = await startApp(target, "tests/apps/native-sink.ts");
  assert.equal(SPEC_CASES.length, 33);
  assert.deepEqual(failures(await check(port, SPEC_CASES)), []);
  assert.deepEqual(failures(await check(port, OWN_CASES)), []);
  assert.deepEqual(failures(await check(port, HOPELESS_CASES)), []);
  await machine.stop();
});

test("row 34, control: a lax server is found lax by the same cases", async () => {
  const lax = http.createServer(
    { insecureHTTPParser: true, requireHostHeader: false },
    (request, response) => {
      request.resume().on("end", () => response.end("taken\n"));
    },
  );
  lax.listen(0, "127.0.0.1");
  await once(lax, "listening");
  const { port } = lax.address() as net.AddressInfo;
  const found = failures(await check(port, SPEC_CASES, LAX_ANSWER_MS));
  assert.ok(
    found.some((failure) => failure.startsWith("no Host")),
    found.join("; "),
  );
  const own = failures(await check(port, OWN_CASES, LAX_ANSWER_MS));
  for (const smuggled of ["a length and a coding", "a space before the colon of a length"]) {
    assert.ok(
      own.some((failure) => failure.startsWith(`${smuggled}: `)),
      `${smuggled} in ${own.join("; ")}`,
    );
  }
  lax.closeAllConnections();
  lax.close();
});
