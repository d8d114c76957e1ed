import test from "node:test";
import assert from "node:assert/strict";
import { Bench, PEER } from "./bench.harness.ts";

test("outgoing connections draw random ports of the dynamic range, none twice at a time", async () => {
  const bench = await Bench.create({ connections: 512 });
  const ports: number[] = [];
  for (let count = 0; count < 400; count++) {
    const [syn] = bench.turn(() => bench.kernel["connect"](PEER, 80, count + 1));
    ports.push(syn!.source);
  }
  assert.equal(new Set(ports).size, ports.length);
  assert.ok(ports.every((port) => port >= 49152));
  const steps = ports.slice(1).map((port, index) => port - ports[index]!);
  assert.ok(new Set(steps).size > 380, "the next one does not follow from the last");
});

test("at the limit an attempt is refused at once, and possible again when one has ended", async () => {
  const bench = await Bench.create({ connections: 20 });
  const handles: number[] = [];
  const attempt = (user: number) =>
    bench.turn(() => void handles.push(bench.kernel["connect"](PEER, 80, user)));
  for (let user = 1; user <= 25; user++) attempt(user);
  assert.equal(handles.filter((handle) => handle !== 0).length, 20);
  bench.turn(() => bench.kernel["abort"](handles[3]!));
  attempt(99);
  assert.notEqual(handles.at(-1), 0);
});
